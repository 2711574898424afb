-- Takes one heartbeat of a process, and answers with all processes of the store.
--
-- KEYS[1]  the table: u8 format, f64 time of the table, f64 the server's clock at the last run; of each process, in the order in
--          which they came: 8 bytes id, f64 number of its last heartbeat, f64 time of the table then, u8 1 when it has ended.
-- ARGV[1]  packed, little-endian: u8 verb (1 beat, 2 leave), 8 bytes id, 8 bytes id that the process had before, or zeros,
--          f64 number of this heartbeat, from 1; then of each process whose end the caller has seen: 8 bytes id, f64 number
-- Returns  packed: u8 1, or 0 when the id has ended or is not in the table: then the process needs a new one;
--          then of each process, in order: 8 bytes id, f64 number, u8 1 when it has ended.
--          255 and nothing else when the table was not written by this version; then nothing was written.
--
-- The time of the table is the sum of what passed on the server's clock between two runs, at least 0 and at most 4 s for each. So a
-- clock that steps ends nothing. In microseconds, as all times here.

local byte, unpack, pack, format = string.byte, struct.unpack, struct.pack, string.format
local FORMAT, HEADER, ENTRY = 1, 17, 25
local BEAT, LEAVE = 1, 2
local MOST_ELAPSED, FORGET_AFTER, KEEP_MILLIS = 4000000, 609000000, 86400000 -- 4 s, 9 s + 10 min, 1 day
local ONE = pack('<d', 1)

local key, argument = KEYS[1], ARGV[1]
local verb, id, before, number = unpack('<Bc8c8c8', argument)
local ends = {}
for at = 26, #argument, 16 do
  ends[string.sub(argument, at, at + 15)] = true
end

local text, time = redis.call('GET', key), 0
if not text then
  text = ''
elseif byte(text) ~= FORMAT or (#text - HEADER) % ENTRY ~= 0 then
  return pack('<B', 255)
else
  local last
  time, last = unpack('<dd', text, 2)
  time = time + math.max(0, math.min(clock - last, MOST_ELAPSED))
end

local table_entries, reply, is_known, has_ended = {}, {}, false, false
local function keep(name, count, at, ended)
  table_entries[#table_entries + 1] = pack('<c8c8dB', name, count, at, ended)
  reply[#reply + 1] = pack('<c8c8B', name, count, ended)
end

for at = HEADER + 1, #text, ENTRY do
  local name, count, beat, ended = unpack('<c8c8dB', text, at)
  if name == id and ended == 0 then
    is_known = true
    if verb == BEAT then
      keep(id, number, time, 0)
    end
  elseif name == before and verb == BEAT then
    is_known = true
    keep(id, number, time, 0) -- The same process: it keeps its place.
  elseif time - beat < FORGET_AFTER then
    has_ended = has_ended or name == id
    keep(name, count, beat, (ended == 1 or ends[name .. count]) and 1 or 0)
  end
end

if verb == BEAT and not is_known and not has_ended and number == ONE then
  is_known = true
  keep(id, number, time, 0)
end

if #table_entries > 0 then
  redis.call('SET', key, pack('<Bdd', FORMAT, time, clock) .. table.concat(table_entries))
  redis.call('PEXPIREAT', key, format('%.0f', math.max(math.floor(clock / 1000) + KEEP_MILLIS, horizon)))
elseif text ~= '' then
  redis.call('DEL', key)
end

return pack('<B', is_known and 1 or 0) .. table.concat(reply)
