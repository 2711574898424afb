-- Decides a batch of calls, one after another, each for all of its limits or for none.
--
-- KEYS     first the rows, then the logs, all with one hash tag.
--          A row is a string: the buckets of one caller, or of everybody, on one server.
--          A log is a list, of one bucket of a sliding window: an instant and the tokens admitted then, the oldest first.
-- ARGV[1]  packed, little-endian:
--            u16 limits, u16 calls, u16 rows, u8 kind: 1 when all verbs are 1 or 2 and all limits token buckets by the
--            microsecond; 2 to check the server, with no limits and no calls; else 0
--            each limit, 78 bytes:
--              16 bytes name of the bucket in its row, 9 of its target and 7 of its rate, 21 bytes numbers, u8 1 when it is
--              permissive plus 2 when its target has several rates, f64 a, b, c, d, e:
--                token bucket   steps and rest of the debt under which the call is admitted, steps and rest of its charge,
--                               units that a step brings
--                windows        period in microseconds, tokens, cost, whether aligned, 0
--            each call:
--              u8 verb (1 acquire, 2 peek, 3 refund, 4 charge, 5 reset, 6 settle), u8 limits,
--              f64 instant of the charge that a settle takes back, else 0
--              each of its limits: u16 row, u16 limit, u16 log or 0; all count from 1
-- Returns  packed, little-endian, for each call:
--            u8 1 when all enforced limits admit it, else 0; f64 its instant, in microseconds
--            each of its limits, as it was before the charge, under the numbers of the call; 16 bytes, a log's 24:
--              token bucket   f64 step at which it is full, f64 rest; both 0 when new
--              fixed window   f64 start in microseconds, f64 tokens used
--              counter        f64 start in microseconds, u32 tokens of the window before, u32 of this one
--              log            f64 tokens used, f64 instant from which the call would be admitted or 0, f64 newest instant
--            After verbs 3 to 6 it is the state that they left.
--          255 and u16 row, and nothing else, when a row was not written by this version; then nothing was written.
--          To a check: each command that failed, its error and a line feed; nothing when all work.
-- Errors   before anything is written: a key of another type.
--
-- Row      u8 format; of each bucket its key, 37 bytes: 16 name, 21 numbers; f64 instant of the last write, f64 instant at which
--          all buckets are full; of each bucket, in the same order, its state, 16 bytes, as it is returned.
-- Numbers  u8 algorithm, u32 tokens or capacity, f64, f64:
--          1 token bucket: units that a token has, units that a step brings; a step is a microsecond
--          2 coarse token bucket: steps that bring a token, microseconds of a step
--          3 sliding window, 4 counter: 0, period; 5 fixed window: whether aligned, period
-- Every number is a whole one below 2^53; nothing is rounded. A refusal, and verb 2, write nothing.
-- It runs on Lua 5.1 and 5.4. Their texts of numbers differ, so no number becomes text but by 'whole'.

local find, sub, byte, unpack, pack = string.find, string.sub, string.byte, struct.unpack, struct.pack
local floor, ceil, format = math.floor, math.ceil, string.format
local call = redis.call

local COARSE, LOG, COUNTER, FIXED = 2, 3, 4, 5
local ACQUIRE, PEEK, REFUND, CHARGE, RESET = 1, 2, 3, 4, 5
local FORMAT, HEADER, KEY, STATE, LIMIT, SWEPT, TARGET = 1, 17, 37, 16, 78, 16, 9
local MOST, MOST_COUNTED = 9007199254740991, 4294967295
local NEW = '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'

local function whole(number)
  return format('%.0f', number)
end

-- 1. What is asked.
local argument = ARGV[1]
local limit_count, call_count, row_count, is_plain = unpack('<I2I2I2B', argument)
local first_limit = 8 - LIMIT
local at = 8 + limit_count * LIMIT

if is_plain == 2 then
  -- Every command that this script uses, each as it is used. Nothing is left behind.
  local row, log, faults = KEYS[1], KEYS[2], {}
  local expiry = whole(floor(clock / 1000) + 1000)
  local function try(command, ...)
    local reply = redis.pcall(command, ...)
    if type(reply) == 'table' and reply.err then
      faults[#faults + 1] = command .. ' ' .. reply.err .. '\n'
    end
  end

  try('SET', row, NEW) -- The first, since a script that has written once is not refused memory.
  try('PEXPIREAT', row, expiry)
  try('SETRANGE', row, '1', NEW)
  try('GET', row)
  try('RPUSH', log, '1', '1', '2', '2', '3', '3')
  try('PEXPIREAT', log, expiry)
  try('LLEN', log)
  try('LRANGE', log, '0', '63')
  try('LINDEX', log, '-1')
  try('LSET', log, '1', '4')
  try('LPOP', log, '2')
  try('RPOP', log, '2')
  try('DEL', row, log)
  return table.concat(faults)
end

-- 2. One call alone, of up to four token buckets that are all in their rows or whose rows are new. It is what nearly every run
-- is when nobody waits, so it makes as few strings as it can: most of a script's time goes to making them and to their garbage.
while is_plain == 1 and call_count == 1 do
  local verb, count = byte(argument, at, at + 1)
  local texts, sizes = { false, false, false, false }, { 0, 0, 0, 0 }
  if count > 4 then
    break
  end

  for i = 1, row_count do
    local text = call('GET', KEYS[i])
    if text then
      local size = (#text - HEADER) / (KEY + STATE)
      if size % 1 ~= 0 or byte(text) ~= FORMAT or unpack('<d', text, KEY * size + 2) > clock then
        break
      end

      texts[i], sizes[i] = text, size
    else
      sizes[i] = -1
    end
  end

  -- Of each limit: row, place of the state, state before, state after (0 when it is not charged), key.
  local seen = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
  local allowed, entry, s = true, at + 10, 0
  for _ = 1, count do
    local row, index = unpack('<I2I2', argument, entry)
    local key, permissive, room, room_rest, charge, charge_rest, rate =
      unpack('<c37Bddddd', argument, first_limit + index * LIMIT)
    local text, size, place, full, rest = texts[row], sizes[row], 0, 0, 0
    if text then
      local p = find(text, key, 2, true)
      local n = p and (p - 2) / KEY or size
      if n >= size or n % 1 ~= 0 then
        s = -1 -- It is to be added, or was written under other numbers.
        break
      end

      place = KEY * size + STATE * n + 18
      full, rest = unpack('<dd', text, place)
    elseif size == 0 then
      s = -1 -- The row was not read: something is odd about it, or about one before it.
      break
    end

    seen[s + 1], seen[s + 2], seen[s + 3], seen[s + 4], seen[s + 7] = row, place, full, rest, key
    if full < clock then
      full, rest = clock, 0
    end

    local lead = full - clock
    if lead < room or (lead == room and rest <= room_rest) then
      rest = rest + charge_rest
      if rest >= rate then
        full, rest = full + 1, rest - rate
      end

      seen[s + 5], seen[s + 6] = full + charge, rest
    elseif permissive % 2 == 0 then
      allowed = false
    end

    entry, s = entry + 6, s + 7
  end

  if s < 0 then
    break
  end

  if allowed and verb == ACQUIRE then
    for row = 1, row_count do
      local text, size, first, second, more = texts[row], sizes[row], nil, nil, false
      local full = text and unpack('<d', text, KEY * size + 10) or 0
      for i = 0, count * 7 - 1, 7 do
        if seen[i + 1] == row and seen[i + 5] > 0 then -- Else of another row, or a permissive limit without the tokens.
          local bucket_full = seen[i + 6] > 0 and seen[i + 5] + 1 or seen[i + 5]
          if bucket_full > full then
            full = bucket_full
          end

          if not first then
            first = i
          elseif not second then
            second = i
          else
            more = true
          end
        end
      end

      local expiry = ceil(full / 1000)
      if expiry < horizon then
        expiry = horizon
      end

      if first and not text then
        local name, row_text = seen[first + 7], nil
        if not second then
          row_text = pack('<Bc37dddd', FORMAT, name, clock, full, seen[first + 5], seen[first + 6])
        elseif not more then
          row_text = pack('<Bc37c37dddddd', FORMAT, name, seen[second + 7], clock, full, seen[first + 5], seen[first + 6],
            seen[second + 5], seen[second + 6])
        else
          local names, levels = '', ''
          for i = first, count * 7 - 1, 7 do
            if seen[i + 1] == row and seen[i + 5] > 0 then
              names, levels = names .. seen[i + 7], levels .. pack('<dd', seen[i + 5], seen[i + 6])
            end
          end

          row_text = pack('<B', FORMAT) .. names .. pack('<dd', clock, full) .. levels
        end

        call('SET', KEYS[row], row_text)
      elseif first and size == 1 then
        call('SETRANGE', KEYS[row], '38', pack('<dddd', clock, full, seen[first + 5], seen[first + 6]))
      elseif size == 2 and second then
        if seen[second + 2] < seen[first + 2] then
          first, second = second, first
        end

        call('SETRANGE', KEYS[row], '75', pack('<dddddd', clock, full, seen[first + 5], seen[first + 6], seen[second + 5],
          seen[second + 6]))
      elseif first then
        call('SETRANGE', KEYS[row], whole(KEY * size + 1), pack('<dd', clock, full))
        for i = first, count * 7 - 1, 7 do
          if seen[i + 1] == row and seen[i + 5] > 0 then
            call('SETRANGE', KEYS[row], whole(seen[i + 2] - 1), pack('<dd', seen[i + 5], seen[i + 6]))
          end
        end
      end

      if first then
        call('PEXPIREAT', KEYS[row], whole(expiry))
      end
    end
  end

  local flag = allowed and 1 or 0
  if count == 1 then
    return pack('<Bddd', flag, clock, seen[3], seen[4])
  elseif count == 2 then
    return pack('<Bddddd', flag, clock, seen[3], seen[4], seen[10], seen[11])
  elseif count == 3 then
    return pack('<Bddddddd', flag, clock, seen[3], seen[4], seen[10], seen[11], seen[17], seen[18])
  end

  return pack('<Bddddddddd', flag, clock, seen[3], seen[4], seen[10], seen[11], seen[17], seen[18], seen[24], seen[25])
end

-- 3. What is there.
local keys, states, lasts, fulls, changed, eased = {}, {}, {}, {}, {}, {}
local is_ahead = false
for i = 1, row_count do
  local row = call('GET', KEYS[i])
  if row then
    local count = (#row - HEADER) / (KEY + STATE)
    local head = KEY * count + 2
    if count % 1 ~= 0 or count < 1 or byte(row) ~= FORMAT then
      return pack('<BI2', 255, i)
    end

    keys[i], states[i] = sub(row, 2, head - 1), sub(row, head + STATE)
    lasts[i], fulls[i] = unpack('<dd', row, head)
    is_ahead = is_ahead or lasts[i] > clock
  else
    keys[i], states[i], lasts[i], fulls[i] = '', '', 0, 0
  end
end

local reply, replies = {}, 0
local calls_left = call_count

-- 4. Calls that wait for each other go together: token buckets, none of which changed its numbers.
local seen = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 } -- As many as four limits need, at once.
while is_plain == 1 and calls_left > 0 and not is_ahead do
  local verb, count = byte(argument, at, at + 1)
  local entry, head, allowed = at + 10, replies + 1, true
  for i = 1, count do
    local row, index = unpack('<I2I2', argument, entry)
    local limit = first_limit + index * LIMIT
    local key, permissive, room, room_rest = unpack('<c37Bdd', argument, limit)
    local p = find(keys[row], key, 1, true)
    local full, rest = clock, 0
    local place = -1
    if p then
      place = (p - 1) / KEY * STATE
      if place % 1 ~= 0 then
        is_plain = 0 -- A coincidence in the bytes; section 5 looks on.
        break
      end

      local state = sub(states[row], place + 1, place + STATE)
      reply[head + i] = state
      full, rest = unpack('<dd', state)
      if full < clock then
        full, rest = clock, 0
      end
    elseif find(keys[row], sub(key, 1, TARGET), 1, true) then
      is_plain = 0 -- Written under other numbers.
      break
    else
      reply[head + i] = NEW
    end

    local lead = full - clock
    local admitted = lead < room or (lead == room and rest <= room_rest)
    local s = i * 6
    seen[s - 5], seen[s - 4], seen[s - 3], seen[s - 2], seen[s - 1], seen[s] = row, limit, place, full, rest, admitted
    allowed = allowed and (admitted or permissive % 2 == 1)
    entry = entry + 6
  end

  if is_plain == 0 then
    break
  end

  reply[head] = pack('<Bd', allowed and 1 or 0, clock)
  replies, at, calls_left = head + count, entry, calls_left - 1
  if allowed and verb == ACQUIRE then
    for s = 6, count * 6, 6 do
      if seen[s] then -- Else a permissive limit without the tokens.
        local row, limit, place = seen[s - 5], seen[s - 4], seen[s - 3]
        local charge, charge_rest, rate = unpack('<ddd', argument, limit + 54)
        local full, rest = seen[s - 2] + charge, seen[s - 1] + charge_rest
        if rest >= rate then
          full, rest = full + 1, rest - rate
        end

        local all = states[row]
        if place < 0 then
          keys[row] = keys[row] .. sub(argument, limit, limit + KEY - 1)
          states[row] = all .. pack('<dd', full, rest)
          changed[row] = 2
        else
          states[row] = sub(all, 1, place) .. pack('<dd', full, rest) .. sub(all, place + STATE + 1)
          changed[row] = changed[row] or 1
        end

        if rest > 0 then
          full = full + 1
        end

        lasts[row] = clock
        if full > fulls[row] then
          fulls[row] = full
        end
      end
    end
  end
end

-- When a bucket is full again.
local function full_at(numbers, state)
  local algorithm, _, _, a = unpack('<BI4dd', numbers)
  if algorithm == COUNTER then
    local start, _, current = unpack('<dI4I4', state)
    return start + (current > 0 and 2 * a or a)
  end

  local x, y = unpack('<dd', state)
  if algorithm <= COARSE then
    return math.min((x + (y > 0 and 1 or 0)) * (algorithm == COARSE and a or 1), MOST)
  end

  return (algorithm == FIXED and x or y) + a
end

-- 5. Everything else, from the first call on that is anything else.
if calls_left > 0 then
  for i = row_count + 1, #KEYS do
    call('LLEN', KEYS[i]) -- It fails here, and not after a write, where the key is no list.
  end

  local function expiry(full)
    return whole(math.max(ceil(full / 1000), horizon))
  end

  -- The quotient and the rest of a * b / c, exactly, for a <= c < 2^49 and b < 2^49.
  local function muldiv(a, b, c)
    local product = (a + 0.0) * b -- In Lua 5.4 a product of two integers would wrap.
    if product <= MOST then
      local rest = math.fmod(product, c)
      return (product - rest) / c, rest
    end

    local quotient, rest, digit = 0, 0, 281474976710656 -- 8^16; the digits have 3 bits
    while digit >= 1 do
      local d = floor(b / digit)
      b = b - d * digit
      local sum = rest * 8 + a * d
      rest = math.fmod(sum, c)
      quotient = quotient * 8 + (sum - rest) / c
      digit = digit / 8
    end

    return quotient, rest
  end

  -- What numbers of a token bucket say: units that a step brings, units of a token, microseconds of a step.
  local function rate_of(algorithm, a, b)
    if algorithm == COARSE then
      return 1, b, a
    end

    return a, b, 1
  end

  -- A token bucket's state under other numbers: what is owed in whole units, rounded up, but at most what the bucket holds.
  local function converted_tokens(limit, algorithm, a, b, full, over, now)
    local rate, token, step = rate_of(algorithm, a, b)
    local lead = full - floor(now / step)
    if lead < 0 then
      return 0, 0
    end

    local part = math.fmod(lead, token)
    local tokens, units = muldiv(part, rate, token)
    units = units + math.fmod(over, token)
    tokens = tokens + (lead - part) / token * rate + floor(over / token) + floor(units / token)
    units = math.fmod(units, token)

    local _, capacity, new_b, new_a = unpack('<BI4dd', limit[2])
    local new_rate, new_token, new_step = rate_of(limit[8], new_a, new_b)
    local new_units, rounded = muldiv(units, new_token, token)
    new_units = new_units + (rounded > 0 and 1 or 0)
    if tokens >= capacity then
      tokens, new_units = capacity, 0
    end

    if tokens == 0 and new_units == 0 then
      return 0, 0
    end

    -- tokens * new_token + new_units, over new_rate.
    local odd = math.fmod(new_token, new_rate)
    local whole, rest = muldiv(odd, tokens, new_rate)
    rest = rest + new_units
    whole = whole + tokens * ((new_token - odd) / new_rate) + floor(rest / new_rate)
    return floor(now / new_step) + whole, math.fmod(rest, new_rate)
  end

  -- A counter at an instant.
  local function advanced(start, previous, current, period, now)
    local elapsed = now - start
    if elapsed < period then
      return start, previous, current
    elseif elapsed < 2 * period and current > 0 then
      return start + period, current, 0
    end

    return now, 0, 0
  end

  -- A counter's tokens in the window that ends now, rounded up.
  local function counted(start, previous, current, period, now)
    if previous == 0 or now == start then
      return previous + current
    end

    local whole, rest = muldiv(period - (now - start), previous, period)
    return current + whole + (rest > 0 and 1 or 0)
  end

  -- The state of a bucket that was written under other numbers. A log's is converted where it is read.
  local function converted(limit, numbers, state, now)
    local algorithm, _, b, a = unpack('<BI4dd', numbers)
    local wanted = limit[8]
    if wanted <= COARSE and algorithm <= COARSE then
      local full, over = unpack('<dd', state)
      return pack('<dd', converted_tokens(limit, algorithm, a, b, full, over, now))
    elseif algorithm ~= wanted then
      return NEW
    elseif wanted == FIXED then
      local start, used = unpack('<dd', state)
      if now - start >= a then
        return NEW
      end

      return pack('<dd', limit[7] == 1 and now - math.fmod(now, limit[4]) or start, math.min(used, limit[5]))
    end

    local start, previous, current = unpack('<dI4I4', state)
    start, previous, current = advanced(start, previous, current, a, now)
    local used = math.min(counted(start, previous, current, a, now), limit[5])
    return used == 0 and NEW or pack('<dI4I4', now, used, 0)
  end

  -- What counts of a log now, under a limit's numbers: { tokens, newest instant, items before it, tokens of the oldest
  -- entry that no longer count, whether the list is gone }.
  local function read_log(limit, numbers, state, key, now)
    local used, newest = unpack('<dd', state)
    local period, most = limit[4], MOST
    if numbers ~= limit[2] then
      local algorithm, _, _, old = unpack('<BI4dd', numbers)
      if algorithm ~= LOG then
        return { 0, 0, 0, 0, false }
      end

      period, most = math.min(period, old), limit[5]
    end

    local since = now - period
    if newest <= since then
      return { 0, 0, 0, 0, false }
    end

    local before = 0
    while true do
      local items = call('LRANGE', key, whole(before), whole(before + 63))
      if #items == 0 then
        return { math.min(used, most), newest, 0, 0, true } -- Evicted: its tokens count as if all were the newest.
      end

      for i = 1, #items, 2 do
        local cost = tonumber(items[i + 1])
        if tonumber(items[i]) > since then
          local excess = used - most
          if excess <= 0 then
            return { used, newest, before, 0, false }
          elseif excess < cost then
            return { most, newest, before, excess, false }
          end
        end

        used = used - cost
        before = before + 2
      end
    end
  end

  -- The instant at which enough of a log has left.
  local function log_opens(log, limit, key)
    local excess, before, period = log[1] + limit[6] - limit[5], log[3], limit[4]
    local skipped = log[4]
    while true do
      local items = log[5] and {} or call('LRANGE', key, whole(before), whole(before + 63))
      if #items == 0 then
        return log[2] + period
      end

      for i = 1, #items, 2 do
        excess = excess - (tonumber(items[i + 1]) - skipped)
        skipped = 0
        if excess <= 0 then
          return tonumber(items[i]) + period
        end
      end

      before = before + #items
    end
  end

  -- Makes the list what was read of it.
  local function trim_log(log, key)
    if log[1] == 0 then
      call('DEL', key)
    elseif log[5] then
      call('RPUSH', key, whole(log[2]), whole(log[1]))
    else
      if log[3] > 0 then
        call('LPOP', key, whole(log[3]))
      end

      if log[4] > 0 then
        call('LSET', key, '1', whole(tonumber(call('LINDEX', key, '1')) - log[4]))
      end
    end
  end

  local function charge_log(log, limit, key, now)
    trim_log(log, key)
    if log[1] > 0 and log[2] == now then
      call('LSET', key, '-1', whole(tonumber(call('LINDEX', key, '-1')) + limit[6]))
    else
      call('RPUSH', key, whole(now), whole(limit[6]))
    end

    call('PEXPIREAT', key, expiry(now + limit[4]))
    return pack('<dd', log[1] + limit[6], now)
  end

  local function refund_log(log, limit, key)
    local left = limit[6]
    if left >= log[1] then
      call('DEL', key)
      return NEW
    end

    trim_log(log, key)
    local used = log[1] - left
    while left > 0 do
      local cost = tonumber(call('LINDEX', key, '-1'))
      if cost > left then
        call('LSET', key, '-1', whole(cost - left))
      else
        call('RPOP', key, '2')
      end

      left = left - math.min(left, cost)
    end

    local newest = tonumber(call('LINDEX', key, '-2'))
    call('PEXPIREAT', key, expiry(newest + limit[4]))
    return pack('<dd', used, newest)
  end

  -- Which bucket of a row has a name; nil if none has.
  local function find_bucket(row, name)
    local p = find(keys[row], name, 1, true)
    while p and p % KEY ~= 1 do
      p = find(keys[row], name, p + 1, true)
    end

    return p and (p - 1) / KEY
  end

  local function write(row, limit, state)
    local all_keys, all, n = keys[row], states[row], find_bucket(row, limit[1])
    if n then
      keys[row] = sub(all_keys, 1, n * KEY) .. limit[1] .. limit[2] .. sub(all_keys, (n + 1) * KEY + 1)
      states[row] = sub(all, 1, n * STATE) .. state .. sub(all, (n + 1) * STATE + 1)
    else
      keys[row] = all_keys .. limit[1] .. limit[2]
      states[row] = all .. state
    end

    fulls[row] = math.max(fulls[row], full_at(limit[2], state))
    changed[row] = 2
  end

  -- Whether a row has another bucket of a limit's target, which the limit would take over if it had no bucket itself.
  local function has_sibling(row, limit)
    for n = 0, #keys[row] / KEY - 1 do
      local name = sub(keys[row], n * KEY + 1, n * KEY + 16)
      if name ~= limit[1] and sub(name, 1, TARGET) == sub(limit[1], 1, TARGET) then
        return true
      end
    end

    return false
  end

  -- As write, of a state that may owe less than the one before, or nothing.
  local function rewrite(row, limit, state)
    local all_keys, all, n = keys[row], states[row], find_bucket(row, limit[1])
    if state ~= NEW or has_sibling(row, limit) then
      write(row, limit, state)
    elseif n then
      keys[row] = sub(all_keys, 1, n * KEY) .. sub(all_keys, (n + 1) * KEY + 1)
      states[row] = sub(all, 1, n * STATE) .. sub(all, (n + 1) * STATE + 1)
      changed[row] = 2
    end

    eased[row] = true
  end

  -- A state after a charge, whether the tokens are there or not.
  local function charged(limit, now, x, y, z)
    local algorithm = limit[8]
    if algorithm <= COARSE then
      local step = algorithm == COARSE and floor(now / unpack('<d', limit[2], 14)) or now
      if x < step then
        x, y = step, 0
      end

      local rate = algorithm == COARSE and 1 or unpack('<d', limit[2], 14)
      x, y = x + limit[6], y + limit[7]
      if y >= rate then
        x, y = x + 1, y - rate
      end

      return pack('<dd', math.min(x, MOST), y)
    elseif algorithm == COUNTER then
      local start, previous, current = advanced(x, y, z, limit[4], now)
      return pack('<dI4I4', start, previous, math.min(current + limit[6], MOST_COUNTED))
    end

    if y == 0 or now - x >= limit[4] then
      x, y = limit[7] == 1 and now - math.fmod(now, limit[4]) or now, 0
    end

    return pack('<dd', x, y + limit[6])
  end

  -- A state after a refund of the limit's cost; of what is left of a charge that was made at an instant, if there is one.
  local function refunded(limit, now, made, x, y, z)
    local algorithm, cost = limit[8], limit[6]
    if algorithm <= COARSE then
      local unit = unpack('<d', limit[2], 14)
      local step = algorithm == COARSE and floor(now / unit) or now
      local rate = algorithm == COARSE and 1 or unit
      local rest = limit[7]
      if made > 0 then
        cost = cost - math.max(0, step - (algorithm == COARSE and floor(made / unit) or made))
        if cost < 0 then
          cost, rest = 0, 0
        end
      end

      x, y = x - cost, y - rest
      if y < 0 then
        x, y = x - 1, y + rate
      end

      if x < step or (x == step and y == 0) then
        return NEW
      end

      return pack('<dd', x, y)
    elseif algorithm == COUNTER then
      local start, previous, current = advanced(x, y, z, limit[4], now)
      if made > 0 and made < start then
        cost = 0 -- It is in an earlier window, with others that cannot be told apart from it: it stays charged.
      end

      local from = math.min(current, cost)
      current, previous = current - from, previous - math.min(previous, made > 0 and 0 or cost - from)
      return current + previous == 0 and NEW or pack('<dI4I4', start, previous, current)
    end

    if now - x >= limit[4] or (made > 0 and made < x) then
      cost = 0
    end

    return (now - x >= limit[4] or y <= cost) and NEW or pack('<dd', x, y - cost)
  end

  -- Whether a window admits a call.
  local function window_admits(limit, now, x, y, z)
    if limit[8] == FIXED then
      return (now - x >= limit[4] and 0 or y) + limit[6] <= limit[5]
    end

    local start, previous, current = advanced(x, y, z, limit[4], now)
    local room = limit[5] - limit[6]
    return current <= room and counted(start, previous, current, limit[4], now) <= room
  end

  local limits, row_of, limit_of, log_of, found, logs, admits = {}, {}, {}, {}, {}, {}, {}

  -- A limit without a bucket takes over a bucket of its target that no limit of the call names: its rate has another period now.
  -- One of its algorithm comes first. The bucket keeps the numbers that it was written under.
  local function adopt(row, limit, count)
    local target, best = sub(limit[1], 1, TARGET), nil
    for n = 0, #keys[row] / KEY - 1 do
      local name = sub(keys[row], n * KEY + 1, n * KEY + 16)
      if sub(name, 1, TARGET) == target then
        local is_named = false
        for i = 1, count do
          is_named = is_named or (row_of[i] == row and limit_of[i][1] == name)
        end

        local algorithm = byte(keys[row], n * KEY + 17)
        local is_alike = algorithm == limit[8] or (algorithm <= COARSE and limit[8] <= COARSE)
        if not is_named and (is_alike or not best) then
          best = n
          if is_alike then
            break
          end
        end
      end
    end

    if best then
      keys[row] = sub(keys[row], 1, best * KEY) .. limit[1] .. sub(keys[row], best * KEY + 17)
    end

    return best
  end

  for i = 1, limit_count do
    local offset = first_limit + i * LIMIT
    limits[i] = { unpack('<c16c21Bdddd', argument, offset) } -- name, numbers, permissive, a, b, c, d
    limits[i][8] = string.byte(argument, offset + 16)
  end

  for _ = 1, calls_left do
    local verb, count, made = unpack('<BBd', argument, at)
    at = at + 10
    local now = clock
    for i = 1, count do
      local row, index, log = unpack('<I2I2I2', argument, at)
      at = at + 6
      row_of[i], limit_of[i], log_of[i] = row, limits[index], KEYS[log]
      if lasts[row] > now then
        now = lasts[row] -- The server's clock has stepped back; until it has caught up no time passes.
      end
    end

    -- Look at all of them.
    local allowed = true
    for i = 1, count do
      local limit, row = limit_of[i], row_of[i]
      local algorithm, n = limit[8], find_bucket(row, limit[1])
      if not n and (verb ~= RESET or limit[3] < 2) then -- A reset may name one rate of several.
        n = adopt(row, limit, count)
      end

      local numbers, state, admitted, log = limit[2], NEW, nil, nil
      if n then
        numbers, state = sub(keys[row], n * KEY + 17, (n + 1) * KEY), sub(states[row], n * STATE + 1, (n + 1) * STATE)
      end

      if algorithm == LOG then
        log = read_log(limit, numbers, state, log_of[i], now)
        admitted = log[1] + limit[6] <= limit[5]
      else
        if numbers ~= limit[2] then
          state = converted(limit, numbers, state, now)
        end

        if algorithm <= COARSE then
          local full, rest = unpack('<dd', state)
          local lead = full - (algorithm == COARSE and floor(now / unpack('<d', limit[2], 14)) or now)
          if lead < 0 then
            lead, rest = 0, 0
          end

          admitted = lead < limit[4] or (lead == limit[4] and rest <= limit[5])
        else
          admitted = window_admits(limit, now, unpack(algorithm == COUNTER and '<dI4I4' or '<dd', state))
        end
      end

      found[i], logs[i], admits[i] = state, log, admitted
      allowed = allowed and (admitted or limit[3] % 2 == 1)
    end

    -- Change all of them or none.
    if verb == CHARGE or (verb == ACQUIRE and allowed) then
      for i = 1, count do
        local limit = limit_of[i]
        if admits[i] or verb == CHARGE then -- Else a permissive limit without the tokens.
          local state
          if logs[i] then
            state = charge_log(logs[i], limit, log_of[i], now)
          else
            state = charged(limit, now, unpack(limit[8] == COUNTER and '<dI4I4' or '<dd', found[i]))
          end

          write(row_of[i], limit, state)
          lasts[row_of[i]] = now
          if verb == CHARGE then
            found[i] = state
          end
        end
      end
    elseif verb > PEEK then
      for i = 1, count do
        local limit, state = limit_of[i], found[i]
        if verb == RESET then
          state = NEW
          if logs[i] then
            call('DEL', log_of[i])
          end
        elseif not logs[i] then
          state = refunded(limit, now, made, unpack(limit[8] == COUNTER and '<dI4I4' or '<dd', state))
        elseif verb == REFUND or logs[i][2] == made then
          state = refund_log(logs[i], limit, log_of[i])
        end

        rewrite(row_of[i], limit, state)
        lasts[row_of[i]] = now
        found[i] = state
      end
    end

    replies = replies + 1
    reply[replies] = pack('<Bd', allowed and 1 or 0, now)
    for i = 1, count do
      replies = replies + 1
      local log = logs[i]
      if not log then
        reply[replies] = found[i]
      elseif verb <= PEEK then
        reply[replies] = pack('<ddd', log[1], admits[i] and 0 or log_opens(log, limit_of[i], log_of[i]), log[2])
      else
        local used, newest = unpack('<dd', found[i])
        reply[replies] = pack('<ddd', used, 0, newest)
      end
    end
  end
end

-- 6. What has changed. A script that has written once is not refused memory, so all rows are written or none.
for row, change in pairs(changed) do
  local all_keys, all, full, count = keys[row], states[row], fulls[row], #states[row] / STATE
  if eased[row] or (change == 2 and count >= SWEPT) then
    -- A bucket that is full again stays while another of its target is in use: without it, its limit would take over the other.
    local kept_keys, kept, used = {}, {}, {}
    full = 0
    for n = 0, count - 1 do
      local key, state = sub(all_keys, n * KEY + 1, (n + 1) * KEY), sub(all, n * STATE + 1, (n + 1) * STATE)
      local bucket_full = full_at(sub(key, 17), state)
      if bucket_full > lasts[row] then
        used[sub(key, 1, TARGET)] = true
        full = math.max(full, bucket_full)
      end
    end

    for n = 0, count - 1 do
      local key = sub(all_keys, n * KEY + 1, (n + 1) * KEY)
      if used[sub(key, 1, TARGET)] then
        kept_keys[#kept_keys + 1], kept[#kept + 1] = key, sub(all, n * STATE + 1, (n + 1) * STATE)
      end
    end

    all_keys, all = table.concat(kept_keys), table.concat(kept)
  end

  local expiry = ceil(full / 1000)
  if expiry < horizon then
    expiry = horizon
  end

  if all == '' then
    call('DEL', KEYS[row])
  elseif change == 1 then
    call('SETRANGE', KEYS[row], whole(1 + #all_keys), pack('<dd', lasts[row], full) .. all)
    call('PEXPIREAT', KEYS[row], whole(expiry))
  else
    call('SET', KEYS[row], pack('<B', FORMAT) .. all_keys .. pack('<dd', lasts[row], full) .. all)
    call('PEXPIREAT', KEYS[row], whole(expiry))
  end
end

return table.concat(reply)
