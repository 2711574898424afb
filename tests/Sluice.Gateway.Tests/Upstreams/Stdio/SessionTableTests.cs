using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace Sluice.Gateway.Tests;

public sealed class SessionTableTests
{
    private static readonly CallerIdentity Alice = new("i", "alice", null, null);
    private static readonly CallerIdentity Bob = new("i", "bob", null, null);
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Create_OwnerAtItsBound_EvictsTheSessionUsedLeastRecently()
    {
        await using SessionTable table = Table(total: 10, perOwner: 3);
        StdioSession[] sessions = [await AddAsync(table, Alice), await AddAsync(table, Alice), await AddAsync(table, Alice)];
        Use(table, sessions[0]);
        table.TryBeginCall(sessions[1]).ShouldBeTrue();

        await AddAsync(table, Alice);
        await AddAsync(table, Alice);

        sessions.Select(session => table.Find(session.Id, Alice) is not null).ShouldBe([false, true, false]);
        table.TryBeginCall(sessions[2]).ShouldBeFalse();
        table.All.Length.ShouldBe(3);
    }

    [Fact]
    public async Task Create_SessionWithAnOpenStream_IsEvictedAfterThoseWithout()
    {
        await using SessionTable table = Table(total: 10, perOwner: 2);
        StdioSession listening = await AddAsync(table, Alice);
        StdioSession quiet = await AddAsync(table, Alice);
        using CancellationTokenSource ends = new();
        Task stream = listening.Stream.SendAsync(new DefaultHttpContext(), ends.Token);

        StdioSession third = await AddAsync(table, Alice);
        table.Find(quiet.Id, Alice).ShouldBeNull();
        table.Find(listening.Id, Alice).ShouldNotBeNull();
        table.TryBeginCall(third);
        await AddAsync(table, Alice);

        table.Find(listening.Id, Alice).ShouldBeNull();
        await stream;
    }

    [Fact]
    public async Task Create_EverySessionOfTheOwnerHasACall_IsRejectedForThatOwnerOnly()
    {
        await using SessionTable table = Table(total: 10, perOwner: 1);
        StdioSession session = await AddAsync(table, Alice);
        table.TryBeginCall(session);

        (StdioSession? none, UpstreamFailure? failure) = await table.CreateAsync(Alice, Alice, default);

        none.ShouldBeNull();
        failure!.Status.ShouldBe(503);
        failure.RetryAfter.ShouldBe(TimeSpan.FromSeconds(1));
        await AddAsync(table, Bob);
        session.EndCall();
        await AddAsync(table, Alice);
    }

    [Fact]
    public async Task Create_AllSlotsTaken_RetryAfterIsWhenTheFirstSessionEndsAndThenItDoes()
    {
        await using SessionTable table = Table(total: 2, perOwner: 1);
        await AddAsync(table, Alice);
        _time.Advance(TimeSpan.FromMinutes(5));
        await AddAsync(table, Bob);
        _time.Advance(TimeSpan.FromMinutes(7));
        CallerIdentity carol = new("i", "carol", null, null);

        UpstreamFailure? failure = (await table.CreateAsync(carol, carol, default)).Failure;

        failure!.RetryAfter.ShouldBe(TimeSpan.FromMinutes(18) - TimeSpan.FromTicks(2)); // Two ticks have passed in AddAsync.
        _time.Advance(failure.RetryAfter!.Value);
        await AddAsync(table, carol);
        table.All.Select(session => session.Owner).ShouldBe([Bob, carol], ignoreOrder: true);
    }

    [Fact]
    public async Task Create_AddressWithFreeSlots_MayHaveMoreThanAUser()
    {
        CallerIdentity address = AddressIdentity.Of(System.Net.IPAddress.Loopback);
        await using SessionTable table = Table(total: 4, perOwner: 1);
        StdioSession first = await AddAsync(table, address);
        await AddAsync(table, address);
        await AddAsync(table, address);
        await AddAsync(table, Alice);
        table.All.Length.ShouldBe(4);

        await AddAsync(table, Bob);
        await AddAsync(table, address);

        table.All.Count(session => session.Owner.Equals(address)).ShouldBe(2);
        table.All.ShouldNotContain(first);
        table.All.Count(session => session.Owner.Equals(Alice) || session.Owner.Equals(Bob)).ShouldBe(2);
    }

    [Fact]
    public async Task Create_ManyAtOnce_NeverExceedTheBoundOfTheOwner()
    {
        await using SessionTable table = Table(total: 100, perOwner: 3);

        StdioSession?[] sessions = await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ =>
        {
            await Task.Yield();
            StdioSession? session = (await table.CreateAsync(Alice, Alice, default)).Session;
            if (session is not null)
            {
                table.Add(session);
                table.All.Length.ShouldBeLessThanOrEqualTo(3);
            }

            return session;
        }));

        sessions.OfType<StdioSession>().Count().ShouldBeGreaterThanOrEqualTo(3);
        table.All.Length.ShouldBe(3);
    }

    private SessionTable Table(int total, int perOwner) => new(total, perOwner, TimeSpan.FromMinutes(30), _time, _ => { });

    private async Task<StdioSession> AddAsync(SessionTable table, CallerIdentity owner)
    {
        (StdioSession? session, UpstreamFailure? failure) =
            await table.CreateAsync(owner, owner, default).WaitAsync(Eventually.Patience);
        failure.ShouldBeNull();
        table.Add(session!);
        _time.Advance(TimeSpan.FromTicks(1));
        return session!;
    }

    private void Use(SessionTable table, StdioSession session)
    {
        table.TryBeginCall(session).ShouldBeTrue();
        session.EndCall();
        _time.Advance(TimeSpan.FromTicks(1));
    }
}
