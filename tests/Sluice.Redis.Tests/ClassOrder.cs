[assembly: TestCollectionOrderer("Sluice.Redis.Tests.ClassOrder", "Sluice.Redis.Tests")]

namespace Sluice.Redis.Tests;

/// <summary>The order of the classes.</summary>
public sealed class ClassOrder() : LongestFirst(
    nameof(ShareFaultTests),
    nameof(RedisEnvelopeTests),
    nameof(ClusterRedisEnvelopeTests),
    nameof(SpreadRedisEnvelopeTests),
    nameof(TlsRedisEnvelopeTests),
    nameof(HeartbeatTests),
    nameof(OutageTests),
    nameof(ManyProcessesTests));
