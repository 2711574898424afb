-- Releases slots: of one call, or of processes that have ended.
--
-- KEYS     sets of slots, all with one hash tag: members are 8 bytes id of a process, f64 number of a call there
-- ARGV[1]  u8 verb: 1 and one member: the slots of that call; 2 and ids of 8 bytes: the slots of processes that have ended
-- Returns  to verb 2 the ids of the other processes that hold slots, each once
local verb, text = string.byte(ARGV[1]), string.sub(ARGV[1], 2)
if verb == 1 then
  for i = 1, #KEYS do
    redis.call('SREM', KEYS[i], text)
  end

  return ''
end

local ended, seen, others = {}, {}, {}
for at = 1, #text, 8 do
  ended[string.sub(text, at, at + 7)] = true
end

for i = 1, #KEYS do
  for _, member in ipairs(redis.call('SMEMBERS', KEYS[i])) do
    local id = string.sub(member, 1, 8)
    if ended[id] then
      redis.call('SREM', KEYS[i], member)
    elseif not seen[id] then
      seen[id] = true
      others[#others + 1] = id
    end
  end
end

return table.concat(others)
