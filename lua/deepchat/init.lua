-- require('deepchat').setup{...} is another way to write g:deepchat.
local M = {}

--- Set the options (:help deepchat-options). Reads, starts and checks nothing:
--- the host does that when it is used.
--- @param options table|nil
function M.setup(options)
  if options == nil or next(options) == nil then
    options = vim.empty_dict()
  end
  vim.g.deepchat = options
end

return M
