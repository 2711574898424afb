-- Decides one call of which some buckets are divided and have to be asked here; the others are decided by 'decide', above. All or none.
--
-- KEYS     the keys of the other buckets, as 'decide' has them; then the hash of the lane, which shares.lua describes
-- ARGV[1]  packed, little-endian: u8 0, 8 bytes id of the process, u8 1 when nothing is to be charged, u16 buckets;
--          of each bucket: u8 length and name, f64 fill, f64 token, f64 units, u8 1 when it is permissive;
--          then the argument of 'decide' for one call, or nothing
-- Returns  packed: u8 status (0 rejected, 1 admitted, 2 the epoch waits), f64 clock;
--          of each bucket: u8 1 when it has the units, u16 parts of the remainder, f64 level of the remainder after the call;
--          then the answer of 'decide'. Where the status is 2 there is nothing but the clock.
--          255 and nothing else when the hash was not written by this version; then nothing was written.

-- include constants

-- include exact_numbers

-- include shares_lane

-- include shares_record

local is_look, count = unpack('<BI2', argument, 10)
local at = 13
if waits == 1 then
  return pack('<Bd', 2, clock)
end

local records, costs, has, enough, made = {}, {}, {}, true, 0
for i = 1, count do
  local length = byte(argument, at)
  local name = sub(argument, at + 1, at + length)
  local fill, token, units, permissive = unpack('<dddB', argument, at + 1 + length)
  at = at + 26 + length
  local record = touch(name, fill, token)
  records[i], costs[i], has[i] = record, units, record.level >= units
  enough = enough and (has[i] or permissive == 1)
  made = made + (record.is_new and 1 or 0)
end

local rest, reply = sub(argument, at), ''
if #rest > 0 then
  if not enough then
    local verb_at = 8 + unpack('<I2', rest) * LIMIT
    rest = sub(rest, 1, verb_at - 1) .. pack('<B', PEEK) .. sub(rest, verb_at + 1)
  end

  ARGV[1], KEYS[#KEYS] = rest, nil
  reply = decide()
  if type(reply) == 'table' then
    return reply -- An error; nothing was written.
  end

  local verdict = byte(reply)
  enough = enough and (verdict == 1 or verdict == 3)
end

local all = { pack('<Bd', enough and 1 or 0, clock) }
for i = 1, count do
  local record = records[i]
  if enough and has[i] and is_look == 0 then
    record.level = record.level - costs[i]
    write(record)
  end

  all[i + 1] = pack('<BI2d', has[i] and 1 or 0, record.rest, record.level)
end

if made > 0 and enough and is_look == 0 then
  local visits = 2 + 2 * made -- More than are made, so that the records of buckets that are no longer used are deleted.
  -- include shares_sweep
  write_header()
end

return table.concat(all) .. reply
