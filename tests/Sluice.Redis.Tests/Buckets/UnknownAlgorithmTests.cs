using System.Runtime.CompilerServices;

namespace Sluice.Redis.Tests;

/// <summary>An algorithm that Redis does not support is an error wherever one is told from another.</summary>
public sealed class UnknownAlgorithmTests
{
    private const RateLimitAlgorithm Unknown = (RateLimitAlgorithm)99;
    private readonly RedisLimits _limits = new(
        RateLimitPolicy.Build("files", policy => policy.Shared("10/1m")).Select("tools/call", "search", CallerIdentity.None),
        new KeyLayout("sluice"),
        new ServerClock(TimeProvider.System));

    [Fact]
    public void Of_UnknownAlgorithm_Throws()
    {
        Rate rate = new(10, TimeSpan.FromMinutes(1));
        AlgorithmOf(rate) = Unknown;

        Should.Throw<SwitchExpressionException>(() => StepNumbers.Of(rate)).UnmatchedValue.ShouldBe(Unknown);
    }

    [Fact]
    public void Write_UnknownAlgorithm_Throws()
    {
        AlgorithmOf(_limits.Limits[0].Numbers.Steps) = Unknown;

        Should.Throw<SwitchExpressionException>(() => ScriptLimit.Write(new byte[ScriptLimit.Bytes], _limits.Limits[0], cost: 1))
            .UnmatchedValue.ShouldBe(Unknown);
    }

    [Fact]
    public void Read_UnknownAlgorithm_Throws()
    {
        PendingCall call = new(ScriptVerb.Peek, _limits, new CallerKeys(CallerIdentity.None), cost: 1);
        AlgorithmOf(_limits.Limits[0].Numbers.Steps) = Unknown;

        Should.Throw<SwitchExpressionException>(() => ScriptReply.Read(new byte[25], [call])).UnmatchedValue.ShouldBe(Unknown);
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<Algorithm>k__BackingField")]
    private static extern ref RateLimitAlgorithm AlgorithmOf(Rate rate);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<Algorithm>k__BackingField")]
    private static extern ref RateLimitAlgorithm AlgorithmOf(LimitNumbers limit);
}
