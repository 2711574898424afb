-- Verbs of the remainder, for a process without a share, and for what a share cannot take.

local DONE, REJECTED, WAITS = 1, 0, 2
if verb == REMAINDER_ACQUIRE and waits == 1 then
  return pack('<BddI2d', WAITS, clock, 0, 0, 0)
end

local length = byte(argument, 10)
local name = sub(argument, 11, 10 + length)
local fill, token, units = unpack('<ddd', argument, 11 + length)
local record = touch(name, fill, token)
local capacity = record.rest * fill
local status, moved = DONE, 0

if verb == REMAINDER_ACQUIRE then
  if record.level < units then
    status = REJECTED
  else
    moved = units
    record.level = record.level - units
  end
elseif verb == REMAINDER_CHARGE then
  moved = units
  record.level = math.max(-MOST, record.level - units)
elseif waits == 1 then
  status = WAITS
elseif verb == REMAINDER_REFUND then
  moved = math.max(0, math.min(capacity - record.level, units))
  record.level = record.level + moved
elseif verb == REMAINDER_RESET then
  record.level, record.over = capacity, 0
end

if verb == REMAINDER_RESET then
  record.reset = math.max(record.reset + 1, clock)
  record.is_changed = true
end

if record.is_changed or moved > 0 then
  write(record)
end

return pack('<BddI2d', status, clock, moved, record.rest, record.level)
