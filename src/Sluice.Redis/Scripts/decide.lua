-- Decides a batch of calls, one after another, each for all of its limits or for none.
--
-- KEYS     first the rows, then the logs and the sets of slots, all with one hash tag.
--          A row is a string: the buckets of one caller, or of all callers, on one server.
--          A log is a list, of one bucket of a sliding window: an instant and the tokens admitted then, the oldest first.
-- ARGV[1]  packed, little-endian:
--            u16 limits, u16 calls, u16 rows, u8 kind: 1 when all verbs are 1 or 2 and all limits token buckets by the
--            microsecond; 2 to check the server, with no limits and no calls; 4 as 1, but verb 7 is there, with no earliest instant and
--            no turn; 3 when other verbs from 7 on are there; else 0
--            each limit, 78 bytes:
--              16 bytes name of the bucket in its row, 9 of its target and 7 of its rate, 21 bytes numbers, u8 1 when it is
--              permissive, plus 2 when its target has several rates, plus 4 when it admits nothing, f64 a, b, c, d, e:
--                token bucket   steps and rest of the debt under which the call is admitted, steps and rest of its charge,
--                               units that a step brings
--                windows        period in microseconds, tokens, cost, whether aligned, 0
--                calendar       edge, tokens, cost, the next two edges, in microseconds since 1970
--                slots          calls at once, the low and the high half of the id of the process
--            each call:
--              u8 verb (1 acquire, 2 peek, 3 refund, 4 charge, 5 reset, 6 settle, 7 reserve, 8 cancel, 9 cancel what waits), u8 limits,
--              f64 instant of the charge that a settle takes back, or the number of a call that acquires slots, else 0
--              from verb 7 on: f64 longest wait and f64 time to the earliest instant, in microseconds, f64 tokens, 8 bytes number of the
--              reservation, 8 bytes store, 16 bytes caller, u8 1 when the call waits in turn for
--              slots, 2 when the caller also keeps a turn
--              each of its limits: u16 row, u16 limit, u16 log or 0; all count from 1
-- Returns  packed, little-endian, for each call:
--            u8 1 when all enforced limits admit it, else 0; f64 its instant, in microseconds
--            each of its limits, as it was before the charge, under the numbers of the call; 16 bytes, a log's 24:
--              token bucket   f64 step at which it is full, f64 rest; both 0 when new
--              fixed window   f64 start in microseconds, f64 tokens used
--              calendar       f64 end in microseconds, f64 tokens used
--              slots          f64 0, f64 calls that run
--              counter        f64 start in microseconds, u32 tokens of the window before, u32 of this one
--              log            f64 tokens used, f64 instant from which the call would be admitted or 0, f64 newest instant
--            After verbs 3 to 6 it is the state that they left.
--            To verbs from 7 on, and where a row holds calls that wait, instead:
--            u8 3 when they admit it, else 2; f64 its instant; f64 the instant at which it goes, or would go, or 0; u8 limit that decided
--            that instant, or 0; each of its limits: its state as above, and, but for slots, u32 calls that wait, and of each the 29
--            bytes that the row has; of a log instead f64 tokens used, f64 instant from which the call would be
--            admitted or 0, f64 newest instant, f64 tokens left for one call, f64 instant at which it is empty or 0
--          255 and u16 row, and nothing else, when a row was not written by this version; then nothing was written.
--          254 and f64 instant, and nothing else, when the edges of a calendar do not lie around that instant, or the calls must
--          be sent one by one (instant 0); then nothing was written.
--          To a check: each command that failed, its error and a line feed; nothing when all work.
-- Errors   before anything is written: a key of another type.
--
-- Row      u8 format, 1; of each bucket its key, 37 bytes: 16 name, 21 numbers; f64 instant of the last write, f64 instant at which
--          all buckets are full; of each bucket, in the same order, its state, 16 bytes, as it is returned.
--          One that holds calls that wait: u8 format, 2; u16 buckets; the same; then of each bucket that holds any: 16 bytes name, f64
--          instant at which it is full again, u32 calls, and of each 29 bytes: f64 instant, u32 tokens, u8 whether the bucket decided
--          it, 16 bytes number and store. For slots these are the turns of callers: f64 instant at which it asked last, u32 turn, u8 0, 16
--          bytes caller.
-- Numbers  u8 algorithm, u32 tokens or capacity, f64, f64:
--          1 token bucket: units that a token has, units that a step brings; a step is a microsecond
--          2 coarse token bucket: steps that bring a token, microseconds of a step
--          3 sliding window, 4 counter: 0, period; 5 fixed window: whether aligned, period
--          6 calendar: unit and first day of the week, hash of the time zone
--          7 slots: they are in no row, but in a set, whose key ends in '%'
-- Every number is a whole one below 2^53; nothing is rounded. A rejection, and verb 2, write nothing but a turn.
-- It runs on Lua 5.1 and 5.4. Their texts of numbers differ, so no number becomes text but by 'whole'.

-- The script is put together from the parts that the lines below name. A part sees the local names of the parts before it.
-- An algorithm is a part, whose functions are made only in a run that needs them. Here it has its number, a branch in 'full_at', and the
-- line that includes it.

-- include constants

-- The algorithms, as a row names them.
local TOKENS, COARSE, LOG, COUNTER, FIXED, CALENDAR, SLOTS = 1, 2, 3, 4, 5, 6, 7

-- 1. What is asked.
local argument = ARGV[1]
local limit_count, call_count, row_count, is_plain = unpack('<I2I2I2B', argument)
local first_limit = 8 - LIMIT
local at = 8 + limit_count * LIMIT

if is_plain == 2 then
  -- include server_check
end

-- 2. One call alone, of token buckets: what nearly every run is when no calls wait.
-- include single_call

-- 3. What is there.
-- include read_rows

-- 4. Calls that wait for each other go together: token buckets, none of which changed its numbers.
-- include merged_calls

-- When a bucket is full again.
local function full_at(numbers, state)
  local algorithm, _, _, a = unpack('<BI4dd', numbers)
  if algorithm == COUNTER then
    local start, _, current = unpack('<dI4I4', state)
    return start + (current > 0 and 2 * a or a)
  end

  local x, y = unpack('<dd', state)
  if algorithm == CALENDAR then
    return x
  end

  if algorithm <= COARSE then
    return math.min((x + (y > 0 and 1 or 0)) * (algorithm == COARSE and a or 1), MOST)
  end

  return (algorithm == FIXED and x or y) + a
end

-- 5. Everything else, from the first call on that is anything else.
if calls_left > 0 then
  for i = row_count + 1, #KEYS do
    call(byte(KEYS[i], -1) == 37 and 'SCARD' or 'LLEN', KEYS[i]) -- It fails here, and not after a write, where the key is no list or set.
  end

  local limits, row_of, limit_of, log_of, found, logs, admits = {}, {}, {}, {}, {}, {}, {}
  local algorithms, uses = {}, {}
  local priced -- A function of reservations, which the token bucket uses too.
  for i = 1, limit_count do
    local offset = first_limit + i * LIMIT
    limits[i] = { unpack('<c16c21Bddddd', argument, offset) } -- name, numbers, flags, a, b, c, d, e
    limits[i][9] = limits[i][8]
    limits[i][8] = byte(argument, offset + 16)
    uses[limits[i][8]] = true
  end

  -- include exact_numbers

  if uses[TOKENS] or uses[COARSE] then
    -- include token_bucket
  end

  if uses[LOG] then
    -- include sliding_window
  end

  if uses[COUNTER] then
    -- include counter
  end

  if uses[FIXED] then
    -- include fixed_window
  end

  if uses[CALENDAR] then
    -- include calendar_window
  end

  -- include slots

  -- include row_buckets

  local answer_held
  if replays then
    -- include reservations
    -- include slot_turns
    -- include reserved_call
  end

  -- include every_call
end

-- 6. What has changed.
-- include write_rows
