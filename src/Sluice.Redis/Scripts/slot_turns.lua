-- Calls that wait for a slot. The row keeps, of each caller for whom a process waits, when it asked last and its turn: the lowest is next.
-- Who has not asked for a while waits no more.
local TURN_MICROS = 300000

-- Whether a slot is there for a caller, before whom others wait.
local function look_for_turn(bucket, now, caller, running)
  local turns, last, own = {}, 0, nil
  local hold = holds[bucket.row] and holds[bucket.row][bucket.limit[1]]
  for place = 1, hold and #hold.text or 0, HELD do
    local turn = { unpack('<dI4Bc16', hold.text, place) }
    if turn[1] <= now and turn[1] + TURN_MICROS > now then
      turns[#turns + 1] = turn
      last = math.max(last, turn[2])
      own = turn[4] == caller and turn or own
    end
  end

  local ahead = 0
  for i = 1, #turns do
    ahead = ahead + ((not own or turns[i][2] < own[2]) and 1 or 0)
  end

  bucket.turns, bucket.turn = turns, own and own[2] or last + 1
  return running + ahead < bucket.limit[4]
end

-- Keeps the turn of a caller, or ends it.
local function keep_turn(bucket, now, caller, is_waiting)
  local turns = {}
  for _, turn in ipairs(bucket.turns) do
    if turn[4] ~= caller then
      turns[#turns + 1] = pack('<dI4Bc16', turn[1], turn[2], 0, turn[4])
    end
  end

  bucket.is_changed = is_waiting or #turns < #bucket.turns
  if is_waiting then
    turns[#turns + 1] = pack('<dI4Bc16', now, bucket.turn, 0, caller)
  end

  bucket.text, bucket.full = table.concat(turns), now + TURN_MICROS
end
