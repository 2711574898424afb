-- Slots: how many calls run at once. Their state is not in a row, but in a set of its own: of each call that holds a slot, the id of
-- its process (8 bytes) and its number there (f64). So a release can be repeated, and the slots of a process that ended can be told.
local slots = {}

-- The set is kept for longer than any call keeps its slots. It expires by the clock of the server only if no call asks for it again.
local SLOT_MILLIS = 691200000 -- 8 days

function slots.running(key)
  return call('SCARD', key)
end

function slots.take(limit, key, number)
  call('SADD', key, pack('<I4I4d', limit[5], limit[6], number))
  local expiry = ceil(clock / 1000) + SLOT_MILLIS
  call('PEXPIREAT', key, whole(expiry < horizon and horizon or expiry))
end
