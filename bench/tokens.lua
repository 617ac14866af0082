-- wrk sends one request per token, in turn: every token of the file is in use, as with that many users.
local requests = {}
local next_request = 0
local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(args)
  for token in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format("GET", "/bench/items/42?page=1", { ["Authorization"] = "Bearer " .. token })
  end
  next_request = number * 1009 % #requests
end

function request()
  next_request = next_request % #requests + 1
  return requests[next_request]
end
