namespace Sluice.Redis.Tests;

/// <summary>
/// A share on a clock that the test reads out. A second refills 1,000 of 4,096 parts' units by the microsecond.
/// </summary>
public sealed class ShareTests
{
    private const long Second = 1_000_000;
    private const int Parts = 1_024; // A quarter: 25 tokens of 100, 25 a second.
    private static readonly ShareNumbers Numbers = ShareNumbers.Of(100, 100, TimeSpan.FromSeconds(1))!.Value;
    private static readonly long Token = Numbers.Cost(1);

    [Fact]
    public void TryCharge_LevelUsedUp_RefillsAt999ThousandthsOfItsRate()
    {
        Share share = Begin(level: Numbers.Capacity(Parts));
        share.TryCharge(25 * Token, 0).ShouldBeTrue();
        share.TryCharge(1, 0).ShouldBeFalse();
        share.LevelAt(Second).ShouldBe(25 * Token * 999 / 1000);
    }

    [Fact]
    public void TryCharge_AtItsEnd_IsRejected()
    {
        Share share = Begin(level: Numbers.Capacity(Parts));
        share.TryCharge(Token, (10 * Second) - 1).ShouldBeTrue();
        share.TryCharge(Token, 10 * Second).ShouldBeFalse();
    }

    [Fact]
    public void Shrink_LevelDoesNotFit_ReturnsWhatExceedsTheNewCapacity()
    {
        Share share = Begin(level: Numbers.Capacity(Parts));
        share.Shrink(Parts / 4, 0).ShouldBe((Parts / 4, Numbers.Capacity(Parts) - Numbers.Capacity(Parts / 4)));
        share.LevelAt(0).ShouldBe(Numbers.Capacity(Parts / 4));
    }

    [Fact]
    public void Shrink_CallHoldsAReservation_GivesNothingUp()
    {
        Share share = Begin(level: Numbers.Capacity(Parts));
        (long units, int generation) = share.Reserve(5 * Token, 0);
        share.Shrink(0, 0).ShouldBe((Parts, 0));
        share.EndReservation(units, generation, isUsed: true, 0).ShouldBeTrue();
        share.Shrink(0, 0).ShouldBe((0, 20 * Token));
    }

    // Seen to fail with a share that was not filled before its reservation ended: the simulation found it.
    [Fact]
    public void EndReservation_ShareWasAsFullAsTheReservationAllowed_RefillsOnlyFromThenOn()
    {
        Share share = Begin(level: Numbers.Capacity(Parts));
        (long units, int generation) = share.Reserve(5 * Token, 0);
        units.ShouldBe(5 * Token);
        share.EndReservation(units, generation, isUsed: true, Second);
        share.LevelAt(Second).ShouldBe(20 * Token);
    }

    [Fact]
    public void EndReservation_ShareHasEnded_SaysThatTheCallMustNotBeAdmitted()
    {
        Share share = Begin(level: Numbers.Capacity(Parts));
        (long units, int generation) = share.Reserve(5 * Token, 0);
        share.End();
        share.Begin(Numbers, Parts, 0, 0, 10 * Second);
        share.EndReservation(units, generation, isUsed: false, 0).ShouldBeFalse();
        share.HeldAt(0).ShouldBe(0);
    }

    [Fact]
    public void Resize_NewParts_RefillFromTheReplyOn()
    {
        Share share = Begin(level: 0);
        share.Resize(2 * Parts, Token, Second, Second);
        share.LevelAt(Second).ShouldBe(Token + (25 * Token * 999 / 1000));
        share.LevelAt(Second + (Second / 4)).ShouldBe(Token + (25 * Token * 999 / 1000) + (50 * Token * 999 / 4000));
    }

    [Theory]
    [InlineData(200, 200, 45)]
    [InlineData(50, 50, 7.5)]
    [InlineData(10, 10, 0)] // Of 2.5 tokens, no more than 2.5 are used.
    public void Change_FiveTokensAreUsed_KeepsWhatIsUsed(int capacity, int rate, double tokens)
    {
        Share share = Begin(level: 20 * Token);
        ShareNumbers changed = ShareNumbers.Of(capacity, rate, TimeSpan.FromSeconds(1))!.Value;
        share.Change(changed, 0);
        ((double)share.LevelAt(0)).ShouldBe(tokens * changed.TokenUnits, tolerance: 1);
    }

    [Fact]
    public void Pay_MoreThanThereIs_TakesTheLevelAndSaysHowMuch()
    {
        Share share = Begin(level: 3 * Token);
        share.Pay(5 * Token, 0).ShouldBe(3 * Token);
        share.Refund(30 * Token, 0).ShouldBe(25 * Token);
    }

    private static Share Begin(long level)
    {
        Share share = new(refillPerMille: 999);
        share.Begin(Numbers, Parts, level, from: 0, endsAt: 10 * Second);
        return share;
    }
}
