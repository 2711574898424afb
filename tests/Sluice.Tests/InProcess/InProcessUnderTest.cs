using Sluice.StoreContracts;

namespace Sluice.Tests;

/// <summary>The in-process store, small enough to be created for every test, and large enough never to run out of room.</summary>
public sealed class InProcessUnderTest : StoreUnderTest
{
    public override long CounterCeiling => uint.MaxValue;

    public override IRateLimitStore Create(ManualTimeProvider time) =>
        new InProcessStore(new InProcessStoreOptions { MaxKeys = 8_192 }, time);
}
