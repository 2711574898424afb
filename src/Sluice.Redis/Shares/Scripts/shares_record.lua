-- The record of one bucket.

local function count_rest(record)
  local used = 0
  for _, entry in ipairs(record.entries) do
    used = used + entry.parts
  end

  record.rest = math.max(0, PARTS - used)
end

local function refill(record, to)
  local elapsed = to - record.at
  if elapsed > 0 then
    if waits == 0 then
      local most, filled = record.rest * record.fill, record.level + elapsed * record.rest
      record.over = math.max(0, record.over - math.max(0, filled - most))
      record.level = math.min(most, filled)
    end

    record.at = to
  end
end

-- Units of one token as those of another, rounded up.
local function rescale(units, token, from)
  local part = math.fmod(units, from)
  local more, rest = muldiv(part, token, from)
  return (units - part) / from * token + more + (rest > 0 and 1 or 0)
end

-- Used tokens stay used under other numbers, rounded up. Those beyond the capacity of the remainder under these numbers cause no rejection,
-- but they are kept in 'over': processes with smaller and with larger numbers may take turns, and each turn would fill the bucket.
local function convert(record, fill, token)
  local used = math.min(MOST, record.rest * record.fill - record.level + record.over)
  used = rescale(used, token, record.token)
  record.level = math.max(0, record.rest * fill - used)
  record.over = math.min(MOST, math.max(0, used - record.rest * fill))
  record.fill, record.token = fill, token
end

local function read(name)
  local text = call('HGET', key, '$' .. name)
  if not text then
    return nil
  end

  local record = { name = name, entries = {} }
  record.fill, record.token, record.level, record.at, record.reset, record.over = unpack('<dddddd', text)
  for at = RECORD + 1, #text, ENTRY do
    local id, parts, wished, short, demand, fill, token = unpack('<c8I2I2Bddd', text, at)
    record.entries[#record.entries + 1] =
      { id = id, parts = parts, wished = wished, short = short, demand = demand, fill = fill, token = token }
  end

  count_rest(record)
  return record
end

-- Takes the parts out of processes that have ended, each at its end: from then on they refill here. Then it fills the rest up to now.
local function settle(record)
  if waits == 0 then
    record.at = math.max(record.at, opened) -- While the epoch waited, nothing refilled.
  end

  local gone = {}
  for _, entry in ipairs(record.entries) do
    local member = members[entry.id]
    if not member or member.ended ~= ALIVE then
      gone[#gone + 1] = { entry = entry, at = member and math.min(member.ended, clock) or clock }
    end
  end

  table.sort(gone, function(one, other) return one.at < other.at end)
  for _, ended in ipairs(gone) do
    refill(record, ended.at)
    for i, entry in ipairs(record.entries) do
      if entry == ended.entry then
        local used = rescale(entry.parts * entry.fill, record.token, entry.token) -- Its numbers may be others.
        record.over = math.min(MOST, record.over + math.max(0, used - entry.parts * record.fill))
        table.remove(record.entries, i)
        break
      end
    end

    count_rest(record)
    record.is_changed = true
  end

  refill(record, clock)
  if #record.entries == 0 and record.level == PARTS * record.fill and record.over == 0 then
    record.reset = 0 -- As if there was no record.
  end
end

-- The record as of now, under the numbers of the caller.
local function touch(name, fill, token)
  local record = read(name)
  if not record then
    local level = waits == 1 and 0 or math.min(fill, math.max(0, clock - opened)) * PARTS
    return {
      name = name, fill = fill, token = token, level = level, at = clock, reset = 0, over = 0, entries = {}, rest = PARTS,
      is_changed = true, is_new = true,
    }
  end

  settle(record)
  if record.fill ~= fill or record.token ~= token then
    convert(record, fill, token)
    record.level = waits == 1 and math.min(record.level, 0) or record.level
    record.is_changed = true
  end

  return record
end

local function write(record)
  local all = { pack('<dddddd', record.fill, record.token, record.level, record.at, record.reset, record.over) }
  for _, entry in ipairs(record.entries) do
    all[#all + 1] = pack('<c8I2I2Bddd', entry.id, entry.parts, entry.wished, entry.short, entry.demand, entry.fill, entry.token)
  end

  call('HSET', key, '$' .. record.name, table.concat(all))
end

local function find_entry(record)
  for i, entry in ipairs(record.entries) do
    if entry.id == sender then
      return entry, i
    end
  end
end
