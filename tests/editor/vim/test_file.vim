" Where the chats of a project are kept.

function! Test_two_projects_of_one_name() abort
  let l:home = tempname()
  let l:dir = deepchat#file#dir(l:home, '/a/app')
  call assert_equal(l:home . '/app', l:dir)
  call mkdir(l:dir, 'p')
  call assert_equal(l:dir, deepchat#file#dir(l:home, '/b/app'), 'nobody has it')
  for [l:project, l:want] in [['/a/app', '/app'], ['/b/app', '/app-' . sha256('/b/app')[:5]]]
    new
    let b:deepchat_project = l:project
    silent call deepchat#file#name(bufnr('%'), l:home)
    call assert_equal(l:home . l:want, expand('%:p:h'))
    call assert_equal(l:home . l:want, deepchat#file#dir(l:home, l:project))
    bwipeout!
  endfor
  call delete(l:home, 'rf')
endfunction

" Without "filetype plugin on" a chat is a chat too.
function! Test_no_filetype_plugins() abort
  filetype plugin off
  filetype off
  set modeline swapfile
  runtime plugin/deepchat.vim
  let l:path = tempname() . '.deepchat.md'
  call writefile(['%% user', '', 'x', '<!-- vim: set sw=3: -->'], l:path)
  for l:command in ['edit ' . l:path, 'DeepChat!']
    silent execute l:command
    call assert_equal(['deepchat', 0, 0], [&filetype, &swapfile, &modeline], l:command)
    call assert_match('deepchat', maparg('<CR>', 'n'), l:command)
    bwipeout!
  endfor
endfunction

source tests/editor/vim/run.vim
