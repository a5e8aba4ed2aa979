-- Which lines of a buffer are changed, for port_hunk.vim: only Lua is told.
local M = {}

-- buffer -> list of {first, last, new last} since they were taken, and who adds
-- to it: an attachment ends only when it is called the next time
local changes = {}
local owner = {}

local function note(buf, token, change)
  local list = changes[buf]
  if not list or owner[buf] ~= token then
    return true
  end
  list[#list + 1] = change
  if #list == 1 then
    vim.schedule(function()
      vim.fn['deepchat#review#edited'](buf)
    end)
  end
end

-- Begin to listen to buf, unless that is so.
function M.listen(buf)
  if changes[buf] then
    return
  end
  local token = {}
  changes[buf], owner[buf] = {}, token
  vim.api.nvim_buf_attach(buf, false, {
    on_lines = function(_, b, _, first, last, new_last)
      return note(b, token, { first, last, new_last })
    end,
    -- without this it would be the end; BufReadPost tells it
    on_reload = function() end,
    on_detach = function(_, b)
      if owner[b] == token then
        changes[b] = nil
      end
    end,
  })
end

-- The changes of buf since the last call.
function M.take(buf)
  local list = changes[buf] or {}
  if #list > 0 then
    changes[buf] = {}
  end
  return list
end

-- Listen to buf no more.
function M.leave(buf)
  changes[buf] = nil
end

return M
