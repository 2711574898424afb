namespace Sluice.Redis.Tests;

/// <summary>The lane of one process, with replies that the test writes.</summary>
public sealed class ShareLaneTests
{
    private const long Second = 1_000_000;
    private static readonly ShareNumbers Numbers = ShareNumbers.Of(100, 100, TimeSpan.FromSeconds(1))!.Value;
    private static readonly ShareEpoch Epoch = new(1, 1);
    private ulong _ids;
    private long _now;

    [Fact]
    public void Next_DemandIsSmall_TakesNoShare()
    {
        ShareLane lane = Lane();
        Demand(lane, tokens: 9);
        lane.Next(_now).ShouldBeNull();
    }

    [Fact]
    public void Next_DemandIsLarge_TakesAShareAndRepeatsTheMessageUnchangedUntilItIsAnswered()
    {
        ShareLane lane = Lane();
        Demand(lane, tokens: 50);
        SyncMessage message = lane.Next(_now).ShouldNotBeNull();
        message.Items.ShouldHaveSingleItem().InUse.ShouldBe(0);
        message.Items[0].Wished.ShouldBeGreaterThan(0);
        lane.Next(_now + 249_999).ShouldBeNull();
        lane.Next(_now + 250_000).ShouldBeSameAs(message);

        lane.Receive(Reply(message, parts: 1000), _now + 300_000);
        ShareBucket bucket = lane.Buckets.ShouldHaveSingleItem();
        bucket.Share.Parts.ShouldBe(1000);
        bucket.Share.EndsAt.ShouldBe(_now + (27 * Second / 10)); // From the first time that it was sent.
    }

    [Fact]
    public void Receive_ReplyComesAfterTheEnd_ChangesNothing()
    {
        ShareLane lane = WithShare();
        _now += Second;
        SyncMessage renewal = lane.Next(_now).ShouldNotBeNull();
        _now = lane.Buckets.Single().Share.EndsAt;
        lane.Receive(Reply(renewal, parts: 1000), _now);
        lane.Buckets.Single().Share.Parts.ShouldBe(0);
    }

    [Fact]
    public void Receive_ShareIsGone_DropsItAtOnce()
    {
        ShareLane lane = WithShare();
        _now += Second;
        SyncMessage renewal = lane.Next(_now).ShouldNotBeNull();
        lane.Receive(Reply(renewal, parts: 0, isGone: true), _now);
        lane.Buckets.Single().Share.Parts.ShouldBe(0);
    }

    [Fact]
    public void Receive_ProcessHasEnded_TakesAnotherId()
    {
        ShareLane lane = WithShare();
        ulong id = lane.Id;
        _now += Second;
        SyncMessage renewal = lane.Next(_now).ShouldNotBeNull();
        lane.Receive(Reply(renewal, parts: 0) with { Status = SyncStatus.Ended, Items = [] }, _now);
        lane.Buckets.Single().Share.Parts.ShouldBe(0);
        lane.Id.ShouldNotBe(id);
    }

    // 1 % too fast: in a second the share has refilled 10 ms too much. 1 ms of it is what a share gives up in any case.
    [Fact]
    public void Receive_ClockRunsTooFast_TakesTheExcessOutOfTheLevel()
    {
        ShareLane lane = WithShare();
        long level = lane.Buckets.Single().Share.LevelAt(_now);
        _now += Second;
        SyncMessage renewal = lane.Next(_now).ShouldNotBeNull();
        lane.Receive(Reply(renewal, parts: 1000) with { ServerMicros = 990_000 }, _now);
        long refilled = lane.Buckets.Single().Share.LevelAt(_now) - level;
        refilled.ShouldBeInRange(1000 * 989_000, 1000 * 990_100);
    }

    [Fact]
    public void Unchanged_NumberStaysTheSame_IsNamedAfterTheTtlAndForgottenAfterTwoMore()
    {
        ShareWitness witness = new(3 * Second);
        SyncReply reply = new(1, 1, SyncStatus.Applied, Epoch, false, 0, [], [new(2, 7, false)]);
        witness.Note(reply, 10 * Second);
        witness.Note(reply, 12 * Second);
        witness.Unchanged((13 * Second) - 1).ShouldBeEmpty();
        witness.Unchanged(13 * Second).ShouldBe([new(2, 7, false)]);

        witness.Note(reply with { Processes = [new(2, 7, true)] }, 14 * Second);
        witness.Unchanged((20 * Second) - 1).ShouldBeEmpty();
        witness.Unchanged(20 * Second).ShouldBe([new(2, 7, true)]);
    }

    private static SyncReply Reply(SyncMessage message, int parts, bool isGone = false) => new(
        message.Process,
        message.Number,
        SyncStatus.Applied,
        Epoch,
        false,
        0,
        [.. message.Items.Select(_ => new SyncItemReply(parts, isGone, 0, ShareNumbers.Parts - parts, 0, 0, false, false, 0))],
        [new(message.Process, message.Number, false)]);

    private ShareLane Lane() => new(ShareSettings.Of(TimeSpan.FromSeconds(3)), () => ++_ids);

    private ShareLane WithShare()
    {
        ShareLane lane = Lane();
        Demand(lane, tokens: 50);
        lane.Receive(Reply(lane.Next(_now).ShouldNotBeNull(), parts: 1000), _now);
        lane.Buckets.Single().Demand.Add(50, isRejected: false);
        return lane;
    }

    private void Demand(ShareLane lane, ulong tokens)
    {
        ShareBucket bucket = lane.Bucket("bucket", Numbers, _now);
        bucket.Demand.Update(_now);
        bucket.Demand.Add(tokens, isRejected: false);
        _now += Second / 2;
    }
}
