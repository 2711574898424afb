-- Every command that the script uses, each as it is used. Nothing is left behind; what the server may not delete expires.
local row, log, slots, faults = KEYS[1], KEYS[2], KEYS[3], {}
local expiry = whole(floor(clock / 1000) + 1000)
local function try(command, ...)
  local reply = redis.pcall(command, ...)
  if type(reply) == 'table' and reply.err then
    faults[#faults + 1] = command .. ' ' .. reply.err .. '\n'
  end
end

-- SET is the first, since a script that has written once gets no out-of-memory error. Expiries are set last: a server that is stopped while
-- it runs this may find a key expired at once, and then the commands after PEXPIREAT must not fail because of that.
try('SET', row, NEW)
try('SETRANGE', row, '1', NEW)
try('GET', row)
try('RPUSH', log, '1', '1', '2', '2', '3', '3')
try('LLEN', log)
try('LRANGE', log, '0', '63')
try('LINDEX', log, '-1')
try('LSET', log, '1', '4')
try('LPOP', log, '2')
try('RPOP', log, '2')
try('SADD', slots, NEW)
try('SCARD', slots)
try('SMEMBERS', slots)
try('PEXPIREAT', row, expiry)
try('PEXPIREAT', log, expiry)
try('PEXPIREAT', slots, expiry)
try('DEL', row, log)
try('SREM', slots, NEW) -- A set without members does not exist.
return table.concat(faults)
