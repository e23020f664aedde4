-- For wrk: ask for the addresses of a file (and a name of the host, if one follows),
-- one after another; tell the figures as one JSON line.
local asked, at = {}, 0

function init(given)
  for line in io.lines(given[1]) do
    local address, host = line:match("^(%S+) ?(%S*)$")
    local head = { Host = host ~= "" and host or wrk.host }
    asked[#asked + 1] = wrk.format("GET", address, head)
  end
end

function request()
  at = at % #asked + 1
  return asked[at]
end

function done(summary, latency)
  local failed = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %.6f, "bytes": %d, "failed": %d, "p50_ms": %.4f, "p99_ms": %.4f}\n',
    summary.requests, summary.duration / 1e6, summary.bytes,
    failed.status + failed.connect + failed.read + failed.write + failed.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3
  ))
end
