-- Lets processes that keep buckets in different ways not use the same keys at the same time.
--
-- KEYS[1]  the mark, a string that expires; or for a check a key that holds nothing
-- ARGV     the way of this process, or '' for a check; the milliseconds after which the mark expires
-- Returns  nothing when the mark is this process's; else 'other', a space, and the way of the mark. Then nothing was written.
--          To a check of what shares need: nothing when all is there; else 'evicts', a space, and the policy by which the server evicts
--          keys; or 'refused', a space, the command that failed, a space, and its error.

local key, mine, expires = KEYS[1], ARGV[1], ARGV[2]

if mine == '' then
  local refused
  local function try(command, ...)
    local reply = redis.pcall(command, ...)
    if type(reply) == 'table' and reply.err then
      refused = refused or 'refused ' .. command .. ' ' .. reply.err
    end

    return reply
  end

  local memory = try('INFO', 'memory')
  try('INFO', 'replication')
  try('HSET', key, 'a', '1')
  try('HGET', key, 'a')
  try('HSCAN', key, '0', 'COUNT', '2')
  try('HDEL', key, 'a')
  if refused then
    return refused
  end

  local policy = string.match(memory, 'maxmemory_policy:([%w-]+)')
  return policy == 'noeviction' and '' or 'evicts ' .. (policy or 'not in INFO')
end

local other = redis.call('GET', key)
if other and other ~= mine then
  return 'other ' .. other
end

redis.call('SET', key, mine, 'PX', expires)
return ''
