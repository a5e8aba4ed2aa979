-- The bench's side inside the editor: what it watches, and the same text put
-- into the buffer by the editor alone.
Bench = {}

local function tell(...)
  vim.rpcnotify(1, ...)
end

function Bench.watch(buf)
  vim.api.nvim_buf_attach(buf, false, {
    on_bytes = function(_, b, _, _, _, _, _, _, old, _, _, new)
      tell('grown', b, new - old)
    end,
  })
end

-- Pieces of size bytes, cut between characters; each a list of lines.
local function pieces(path, size)
  local file = io.open(path, 'rb')
  local text = file:read('*a')
  file:close()
  local list, at = {}, 1
  while at <= #text do
    local last = math.min(at + size - 1, #text)
    while last < #text and text:byte(last + 1) >= 0x80 and text:byte(last + 1) < 0xc0 do
      last = last + 1
    end
    list[#list + 1] = vim.split(text:sub(at, last), '\n', { plain = true })
    at = last + 1
  end
  return list
end

-- The text of the file goes into an empty line above the last turn.
function Bench.alone(path, size, ms)
  local buf = vim.api.nvim_get_current_buf()
  local list = pieces(path, size)
  local row = vim.api.nvim_buf_line_count(buf) - 4
  local col = 0
  vim.api.nvim_buf_set_lines(buf, row, row, true, { '%% assistant', '', '', '' })
  row = row + 2
  local function put(lines)
    vim.api.nvim_buf_set_text(buf, row, col, row, col, lines)
    row = row + #lines - 1
    col = (#lines > 1 and 0 or col) + #lines[#lines]
  end
  if ms == 0 then
    for _, lines in ipairs(list) do
      put(lines)
    end
    tell('ended')
    return
  end
  local at, timer = 0, vim.loop.new_timer()
  timer:start(ms, ms, vim.schedule_wrap(function()
    at = at + 1
    if list[at] then
      put(list[at])
    elseif at == #list + 1 then
      timer:close()
      tell('ended')
    end
  end))
end
