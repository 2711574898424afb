-- Names this life of the server: it changes when the server starts again, and when a replica takes over.
local server = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
if not server then
  return redis.error_reply('NOREPLID INFO has no master_replid, so shares cannot tell that this server has lost them')
end

