using Sluice.StoreContracts;

namespace Sluice.Redis.Tests;

public sealed class SpreadRedisSlotsTests : SlotsContract<SpreadRedisUnderTest>;

public sealed class ClusterRedisSlotsTests : SlotsContract<ClusterRedisUnderTest>;
