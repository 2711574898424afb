-- The textbook's token bucket: a hash of two fields for each limit; all are checked, and then all are charged.
-- KEYS: a bucket each. ARGV: for each bucket its capacity and its tokens per second; then the cost.
-- Returns 1 when the call is allowed.
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local cost = tonumber(ARGV[#ARGV])
local tokens = {}
for i = 1, #KEYS do
  local capacity, rate = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local bucket = redis.call('HMGET', KEYS[i], 'tokens', 'time')
  local last = tonumber(bucket[2]) or now
  tokens[i] = math.min(capacity, (tonumber(bucket[1]) or capacity) + math.max(0, now - last) * rate)
  if tokens[i] < cost then
    return 0
  end
end

for i = 1, #KEYS do
  local capacity, rate = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  redis.call('HMSET', KEYS[i], 'tokens', tokens[i] - cost, 'time', now)
  redis.call('EXPIRE', KEYS[i], math.ceil(capacity / rate))
end

return 1
