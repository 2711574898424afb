using Sluice.StoreContracts;

namespace Sluice.Tests;

/// <summary>The reference model as a store: the contract's scripts, whose numbers are literal, prove it.</summary>
public class ModelUnderTest : StoreUnderTest
{
    public override IRateLimitStore Create(ManualTimeProvider time) => new ModelStore(time, Resolution, CounterCeiling);
}

/// <summary>The reference model with the clock of a store that counts microseconds.</summary>
public sealed class MicrosecondModelUnderTest : ModelUnderTest
{
    public override TimeSpan Resolution => TimeSpan.FromMicroseconds(1);
}
