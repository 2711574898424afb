-- The lane: its epoch and its processes.

local SHARES_FORMAT, PARTS, MEMBER, ENTRY, RECORD = 2, 4096, 24, 37, 48
local SYNC, REMAINDER_ACQUIRE, REMAINDER_CHARGE, REMAINDER_REFUND, REMAINDER_RESET = 1, 2, 3, 4, 5
local IGNORED, APPLIED, ENDED = 0, 1, 2
local ALIVE = -1
local EPOCH_AT, SERVER_AT = 3, 27

local key, argument = KEYS[#KEYS], ARGV[1]
local verb, sender = unpack('<Bc8', argument)
local waits, epoch, opened, cursor = 1, pack('<d', clock) .. sender, clock, '0'

local header = call('HGET', key, '@')
if header and byte(header) ~= SHARES_FORMAT then
  return pack('<B', 255)
end

local function write_header()
  call('HSET', key, '@', pack('<BBc16d', SHARES_FORMAT, waits, epoch, opened) .. cursor .. ' ' .. server)
end

local space = header and find(header, ' ', SERVER_AT, true)
if header and sub(header, space + 1) == server then
  waits, epoch, opened = unpack('<Bc16d', header, 2)
  cursor = sub(header, SERVER_AT, space - 1)
else
  call('DEL', key) -- The shares of an older epoch are claimed, or have ended when this one begins to decide.
  write_header()
end

local members, ids = {}, {}
local members_text = call('HGET', key, '#') or ''
for at = 1, #members_text, MEMBER do
  local id, number, ended = unpack('<c8dd', members_text, at)
  ids[#ids + 1] = id
  members[id] = { number = number, ended = ended }
end

local function write_members()
  local all = {}
  for _, id in ipairs(ids) do
    if members[id] then
      all[#all + 1] = pack('<c8dd', id, members[id].number, members[id].ended)
    end
  end

  call('HSET', key, '#', table.concat(all))
end
