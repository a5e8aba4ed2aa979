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

source tests/editor/vim/run.vim
