using StackExchange.Redis;

namespace Sluice.Redis.Tests;

/// <summary>The allocator's script on a real server.</summary>
public sealed class ShareScriptTests
{
    private const string Bucket = "bucket";
    private const long Second = 1_000_000;
    private static readonly ShareNumbers Numbers = ShareNumbers.Of(100, 100, TimeSpan.FromSeconds(1))!.Value;
    private readonly ShareScriptScene _scene = new();
    private ulong _number;
    private ShareEpoch _epoch;

    [Fact]
    public async Task Sync_NewEpoch_GrantsNothingUntilAProcessHasSeenItWait()
    {
        SyncReply first = await TakeAsync(1000);
        first.IsWaiting.ShouldBeTrue();
        first.Items.Single().Parts.ShouldBe(0);
        (await AcquireAsync(1)).Status.ShouldBe(RemainderStatus.Waiting);

        await OpenAsync();
        (await AcquireAsync(1)).Status.ShouldBe(RemainderStatus.Rejected); // It refills from empty.
        _scene.Clock += Second;
        (await TakeAsync(1000)).Items.Single().ShouldSatisfyAllConditions(
            item => item.Parts.ShouldBe(1000),
            item => item.Level.ShouldBe(Numbers.Capacity(1000)),
            item => item.RemainderParts.ShouldBe(3096));
    }

    [Fact]
    public async Task Sync_SameNumber_HasTheSameReplyAndChangesNothing()
    {
        await OpenAsync();
        SyncMessage message = Message(new SyncItem(Bucket, default, Numbers, 0, 0, 1000, 100, true));
        byte[] reply = await _scene.RunAsync(ShareWire.Write(message));
        _scene.Clock += Second;
        (await _scene.RunAsync(ShareWire.Write(message))).ShouldBe(reply);
        (await _scene.SyncAsync(message with { Number = message.Number - 1 })).Status.ShouldBe(SyncStatus.Ignored);
    }

    // Every eviction, FLUSHALL and DEL takes the epoch along: no share is granted twice, and none is decided beside another's.
    [Fact]
    public async Task Sync_KeyIsEvicted_OldShareIsClaimedAndNothingElseIsGranted()
    {
        await OpenAsync();
        _scene.Clock += Second;
        (await TakeAsync(3000)).Items.Single().Parts.ShouldBe(3000);
        ShareEpoch old = _epoch;

        (await ShareScriptScene.Database.KeyDeleteAsync(_scene.Key)).ShouldBeTrue();
        SyncReply other = await _scene.SyncAsync(new(2, 1, [new(Bucket, default, Numbers, 0, 0, 4096, 100, true)], [], default));
        other.IsWaiting.ShouldBeTrue();
        other.Items.Single().Parts.ShouldBe(0);
        (await AcquireAsync(1)).Status.ShouldBe(RemainderStatus.Waiting);

        SyncReply claim = await _scene.SyncAsync(Message(new SyncItem(Bucket, old, Numbers, 3000, 0, 3000, 100, true)));
        claim.Items.Single().ShouldSatisfyAllConditions(item => item.Parts.ShouldBe(3000), item => item.Level.ShouldBe(0));

        SyncReply open = await _scene.SyncAsync(new(2, 2, [new(Bucket, default, Numbers, 0, 0, 4096, 100, true)], [], claim.Epoch));
        open.Items.Single().ShouldSatisfyAllConditions(item => item.Parts.ShouldBe(1096), item => item.Level.ShouldBe(0));
    }

    [Fact]
    public async Task Sync_AnotherLifeOfTheServer_BeginsAnEpochAndOldSharesAreGoneAfterIt()
    {
        await OpenAsync();
        (await TakeAsync(1000)).Items.Single().Parts.ShouldBe(1000);
        ShareEpoch old = _epoch;
        _scene.Server = "2";
        _scene.Clock++;
        await OpenAsync();
        _epoch.ShouldNotBe(old);
        SyncReply reply = await _scene.SyncAsync(Message(new SyncItem(Bucket, old, Numbers, 1000, 0, 1000, 100, true)));
        reply.Items.Single().IsGone.ShouldBeTrue();
    }

    [Fact]
    public async Task Sync_WitnessNamesTheNumber_TakesThePartsBackFromThatInstantOn()
    {
        await OpenAsync();
        _scene.Clock += Second;
        await TakeAsync(4096);
        SeenProcess silent = new(1, _number, false);

        _scene.Clock += 10 * Second;
        SyncReply witness = await _scene.SyncAsync(new(2, 1, [], [silent], default));
        witness.Processes.ShouldContain(silent with { HasEnded = true });
        _scene.Clock += Second / 2;
        (await AcquireAsync(50)).Status.ShouldBe(RemainderStatus.Done); // Half a second's, not eleven.
        (await AcquireAsync(1)).Status.ShouldBe(RemainderStatus.Rejected);
        (await TakeAsync(10)).Status.ShouldBe(SyncStatus.Ended);
    }

    [Fact]
    public async Task Charge_MoreThanThereIs_PutsTheBucketIntoDebtAndItGrantsNothing()
    {
        await OpenAsync();
        _scene.Clock += Second;
        RemainderAnswer answer = await _scene.AskAsync(RemainderVerb.Charge, 1, Bucket, Numbers, Numbers.Cost(150));
        answer.Level.ShouldBe(-Numbers.Cost(50));
        (await TakeAsync(1000)).Items.Single().ShouldSatisfyAllConditions(
            item => item.Parts.ShouldBe(0),
            item => item.RemainderLevel.ShouldBe(-Numbers.Cost(50)));
    }

    [Fact]
    public async Task Sync_RecordIsFullAndNobodyHasParts_IsDeleted()
    {
        await OpenAsync();
        for (int i = 0; i < 40; i++)
        {
            await _scene.AskAsync(RemainderVerb.Charge, 1, $"bucket {i}", Numbers, 1);
        }

        (await ShareScriptScene.Database.HashLengthAsync(_scene.Key)).ShouldBeGreaterThan(40);
        _scene.Clock += 100 * Second;
        for (int i = 0; i < 60; i++)
        {
            await _scene.SyncAsync(Message());
        }

        (await ShareScriptScene.Database.HashLengthAsync(_scene.Key)).ShouldBe(3); // The lane, its processes, and a reply.
    }

    [Fact]
    public async Task Run_HashOfAnotherVersion_IsRejectedAndNothingIsWritten()
    {
        await ShareScriptScene.Database.HashSetAsync(_scene.Key, "@", new byte[] { 9 });
        RedisFaultException fault = await Should.ThrowAsync<RedisFaultException>(() => TakeAsync(1000));
        fault.Message.ShouldBe("The shares in Redis were not written by this version of Sluice.");
        (await ShareScriptScene.Database.HashLengthAsync(_scene.Key)).ShouldBe(1);
    }

    [Fact]
    public async Task Run_KeyOfAnotherType_Fails()
    {
        await ShareScriptScene.Database.StringSetAsync(_scene.Key, "x");
        await Should.ThrowAsync<RedisFaultException>(() => TakeAsync(1000));
        (await ShareScriptScene.Database.StringGetAsync(_scene.Key)).ShouldBe((RedisValue)"x");
    }

    [Fact]
    public async Task StandardScript_ServerStartsAgain_BeginsAnEpoch()
    {
        using RedisServer server = RedisServer.Start();
        ShareEpoch first = await EpochOfAsync(server);
        (await EpochOfAsync(server)).ShouldBe(first);
        server.Restart();
        (await EpochOfAsync(server)).ShouldNotBe(first);
    }

    private static async Task<ShareEpoch> EpochOfAsync(RedisServer server)
    {
        using ConnectionMultiplexer client = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        byte[] message = ShareWire.Write(new SyncMessage((ulong)Random.Shared.NextInt64(), 1, [], [], default));
        RedisResult result = await client.GetDatabase().ScriptEvaluateAsync(ShareScript.Standard.Text, ["shares"], [message]);
        return ShareWire.ReadReply((byte[])result!, 1).Epoch;
    }

    private SyncMessage Message(params SyncItem[] items) => new(1, ++_number, items, [], default);

    private async Task<SyncReply> TakeAsync(int parts)
    {
        SyncReply reply = await _scene.SyncAsync(Message(new SyncItem(Bucket, default, Numbers, 0, 0, parts, 100, true)));
        _epoch = reply.Epoch;
        return reply;
    }

    private async Task OpenAsync()
    {
        SyncReply reply = await _scene.SyncAsync(Message());
        _epoch = reply.Epoch;
        (await _scene.SyncAsync(Message() with { Waited = reply.Epoch })).IsWaiting.ShouldBeFalse();
    }

    private Task<RemainderAnswer> AcquireAsync(ulong tokens) =>
        _scene.AskAsync(RemainderVerb.Acquire, 1, Bucket, Numbers, Numbers.Cost(tokens));
}
