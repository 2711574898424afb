local find, sub, byte, unpack, pack = string.find, string.sub, string.byte, struct.unpack, struct.pack
local floor, ceil, format = math.floor, math.ceil, string.format
local call = redis.call

local ACQUIRE, PEEK, REFUND, CHARGE, RESET, SETTLE, RESERVE, CANCEL, CANCEL_HELD = 1, 2, 3, 4, 5, 6, 7, 8, 9
local FORMAT, FORMAT_HELD, HEADER, KEY, STATE, LIMIT, SWEPT, TARGET = 1, 2, 17, 37, 16, 78, 16, 9
local HELD, RESERVATION = 29, 57
local MOST, MOST_COUNTED = 9007199254740991, 4294967295
local NEW = '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'

local function whole(number)
  return format('%.0f', number)
end
