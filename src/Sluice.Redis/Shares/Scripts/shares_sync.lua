-- One message of a process. The same number has the same reply; a lower one is ignored.

local at = 10
local number, waited, item_count, unchanged_count = unpack('<dc16I2I2', argument, at)
at = at + 28

local function answer(status, items, count)
  local all = { pack('<Bdc16BdI2', status, number, epoch, waits, clock, count), items }
  for _, id in ipairs(ids) do
    if members[id] then
      all[#all + 1] = pack('<c8dB', id, members[id].number, members[id].ended == ALIVE and 0 or 1)
    end
  end

  return table.concat(all)
end

local me = members[sender]
if not me then
  me = { number = 0, ended = ALIVE }
  members[sender] = me
  ids[#ids + 1] = sender
elseif me.ended ~= ALIVE then
  return answer(ENDED, '', 0)
elseif number < me.number then
  return answer(IGNORED, '', 0)
elseif number == me.number then
  return call('HGET', key, '=' .. sender)
end

me.number = number
if waits == 1 and waited == epoch then
  waits, opened = 0, clock
end

for _ = 1, unchanged_count do
  local id, seen, has_ended = unpack('<c8dB', argument, at)
  at = at + 17
  local member = members[id]
  if member and id ~= sender and member.number == seen then
    if member.ended ~= ALIVE and has_ended == 1 then
      members[id] = nil
    elseif member.ended == ALIVE then
      member.ended = clock
      call('HDEL', key, '=' .. id)
    end
  end
end

write_members()

local function describe(record, entry, gone, level)
  local demand, short, starves = 0, 0, 0
  for _, other in ipairs(record.entries) do
    demand = demand + other.demand
    if other.id ~= sender and other.short == 1 then
      short = 2
      if other.parts * 4 < other.wished * 3 then
        starves = 4
      end
    end
  end

  return pack('<I2BdI2ddd', entry and entry.parts or 0, gone + short + starves, level, record.rest, record.level, demand, record.reset)
end

local function apply()
  local length = byte(argument, at)
  local name = sub(argument, at + 1, at + length)
  local share_epoch, fill, token, in_use, returned, wished, demand, short = unpack('<c16ddI2dI2dB', argument, at + 1 + length)
  at = at + 54 + length

  local record = touch(name, fill, token)
  local entry, place = find_entry(record)
  local is_claim = in_use > 0 and share_epoch ~= epoch
  if is_claim and waits == 1 then
    if not entry then
      entry = { id = sender }
      record.entries[#record.entries + 1] = entry
    end

    entry.parts = in_use
  elseif in_use > 0 and (is_claim or not entry or entry.parts == 0) then
    if record.is_changed then
      write(record)
    end

    return describe(record, entry, 1, 0)
  elseif not entry then
    entry = { id = sender, parts = 0 }
    record.entries[#record.entries + 1] = entry
  end

  local freed = math.max(0, entry.parts - in_use)
  entry.parts = math.min(entry.parts, in_use)
  entry.wished, entry.short, entry.demand, entry.fill, entry.token = wished, short, demand, fill, token
  count_rest(record)

  local level = 0
  if waits == 0 then
    if not is_claim then
      record.level = math.min(record.rest * fill, record.level + math.min(returned, freed * fill))
    end

    if record.level >= 0 then -- A bucket in debt grants nothing.
      local granted = math.min(math.max(0, wished - entry.parts), record.rest)
      level = math.min(record.level, granted * fill)
      if short == 0 and in_use > 0 then -- It needs no more than what the remainder cannot hold any longer.
        level = math.min(level, math.max(0, record.level - (record.rest - granted) * fill))
      end

      entry.parts = entry.parts + granted
      record.level = record.level - level
      count_rest(record)
    end
  end

  if entry.parts == 0 and wished == 0 and demand == 0 then
    table.remove(record.entries, place or #record.entries)
  end

  write(record)
  return describe(record, entry, 0, level)
end

local items = {}
for i = 1, item_count do
  items[i] = apply()
end

local visits = 4
-- include shares_sweep

write_header()
local reply = answer(APPLIED, table.concat(items), item_count)
call('HSET', key, '=' .. sender, reply)
return reply
