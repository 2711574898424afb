using Xunit.Abstractions;

namespace Sluice.Redis.Tests;

/// <summary>
/// Random histories: the script on a real server and its model in C#, which the simulation proves, answer alike.
/// </summary>
public sealed class ShareScriptHistoryTests(ITestOutputHelper output)
{
    private const int Steps = 2_000;
    private const long Ttl = 3_000_000;
    private static readonly ShareNumbers[] Numbers =
    [
        ShareNumbers.Of(100, 100, TimeSpan.FromSeconds(1))!.Value,
        ShareNumbers.Of(70, 100, TimeSpan.FromSeconds(1))!.Value,
        ShareNumbers.Of(300, 170, TimeSpan.FromSeconds(1))!.Value,
    ];

    private readonly ShareScriptScene _scene = new();
    private readonly Dictionary<ulong, ulong> _numbers = [];
    private readonly List<SyncMessage> _sent = [];
    private readonly HashSet<ShareEpoch> _epochs = [default];
    private AllocatorModel _model = new(Ttl, Flaw.None);
    private SyncReply? _last;
    private Random _random = new(0);
    private int _applied, _granted, _gone, _admitted, _waiting, _repeated;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task Script_RandomHistory_AnswersAsItsModel(int seed)
    {
        _random = new(Seeds.Announce(seed));
        for (int step = 0; step < Steps; step++)
        {
            _scene.Clock += _random.Next(4) == 0 ? _random.NextInt64(1_500_000) : _random.NextInt64(2_000);
            switch (_random.Next(100))
            {
                case 0:
                    _scene.Server = $"{step:x}";
                    break;
                case 1:
                    await ShareScriptScene.Database.KeyDeleteAsync(_scene.Key);
                    _model = new(Ttl, Flaw.None);
                    break;
                case < 30:
                    await AskAsync(step);
                    break;
                default:
                    await SyncAsync(step);
                    break;
            }
        }

        output.WriteLine($"{_applied} messages applied, {_granted} grants, {_gone} gone, {_repeated} repeated; {_admitted} verbs done, "
            + $"{_waiting} while waiting");
        new[] { _applied, _granted, _gone, _repeated, _admitted, _waiting }.ShouldAllBe(count => count > 5); // Else it tests nothing.
    }

    private async Task SyncAsync(int step)
    {
        SyncMessage message = _sent.Count > 0 && _random.Next(5) == 0
            ? _sent[Math.Max(0, _sent.Count - 1 - _random.Next(6))]
            : NewMessage();
        _sent.Add(message);
        SyncReply expected = Sorted(_model.Sync(message, _scene.Clock, _scene.Server));
        SyncReply seen = Sorted(await _scene.SyncAsync(message));
        string place = $"step {step}, {message}: {string.Join("; ", message.Items)}";
        seen.Items.ShouldBe(expected.Items, place);
        seen.Processes.ShouldBe(expected.Processes, place);
        (seen with { Items = [], Processes = [] }).ShouldBe(expected with { Items = [], Processes = [] }, place);

        _last = seen;
        _epochs.Add(seen.Epoch);
        _applied += seen.Status == SyncStatus.Applied ? 1 : 0;
        _granted += seen.Items.Any(item => item.Level > 0) ? 1 : 0;
        _gone += seen.Items.Any(item => item.IsGone) ? 1 : 0;
        _repeated += seen.Status == SyncStatus.Applied && seen.ServerMicros != _scene.Clock ? 1 : 0;
    }

    private SyncMessage NewMessage()
    {
        ulong process = (ulong)_random.Next(1, 6);
        ulong number = _numbers[process] = _numbers.GetValueOrDefault(process) + 1;
        SeenProcess[] unchanged = [.. _last?.Processes.Where(_ => _random.Next(12) == 0) ?? []];
        ShareEpoch waited = _random.Next(3) == 0 ? _last?.Epoch ?? default : default;
        SyncItem[] items = [.. Enumerable.Range(0, _random.Next(3)).Select(bucket => NewItem($"bucket {bucket}"))];
        return new(process, number, items, unchanged, waited);
    }

    private SyncItem NewItem(string bucket)
    {
        ShareNumbers numbers = Numbers[_random.Next(10) == 0 ? _random.Next(Numbers.Length) : 0];
        ShareEpoch epoch = _random.Next(4) == 0 ? _epochs.ElementAt(_random.Next(_epochs.Count)) : _last?.Epoch ?? default;
        int inUse = _random.Next(3) == 0 ? 0 : _random.Next(1, 2_000);
        int wished = _random.Next(4) == 0 ? inUse : inUse + _random.Next(1_000);
        long returned = _random.Next(2) == 0 ? 0 : _random.NextInt64(numbers.Whole);
        return new(bucket, epoch, numbers, inUse, returned, wished, _random.Next(3) * 50, _random.Next(2) == 0);
    }

    private async Task AskAsync(int step)
    {
        string bucket = $"bucket {_random.Next(3)}";
        ShareNumbers numbers = Numbers[_random.Next(10) == 0 ? _random.Next(Numbers.Length) : 0];
        ulong process = (ulong)_random.Next(1, 6);
        long units = numbers.Cost((ulong)_random.Next(1, 40));
        RemainderVerb verb = (RemainderVerb)_random.Next(2, 7);
        (long clock, string server) = (_scene.Clock, _scene.Server);
        bool? isDone = true;
        switch (verb)
        {
            case RemainderVerb.Acquire:
                isDone = _model.Acquire(bucket, numbers, units, clock, server, process);
                break;
            case RemainderVerb.Charge:
                _model.Charge(bucket, numbers, units, clock, server, process);
                break;
            case RemainderVerb.Refund:
                _model.Refund(bucket, numbers, units, clock, server, process);
                break;
            case RemainderVerb.Reset:
                _model.Reset(bucket, numbers, clock, server, process);
                break;
            default:
                _model.Peek(bucket, numbers, clock, server, process);
                break;
        }

        RemainderAnswer answer = await _scene.AskAsync(verb, process, bucket, numbers, units);
        (int parts, long level) = _model.Remainder(bucket, numbers, clock, server);
        string place = $"step {step}, {verb} {units} of {bucket}";
        if (answer.Status == RemainderStatus.Waiting)
        {
            _waiting++;
            parts.ShouldBe(0, place);
            (verb == RemainderVerb.Acquire ? isDone : null).ShouldBeNull(place);
            return;
        }

        answer.Level.ShouldBe(level, place);
        if (parts > 0) // While it waits, the model says that the remainder has none.
        {
            answer.Parts.ShouldBe(parts, place);
        }

        (answer.Status == RemainderStatus.Done).ShouldBe(isDone == true, place);
        _admitted += answer.Status == RemainderStatus.Done ? 1 : 0;
    }

    private static SyncReply Sorted(SyncReply reply) => reply with { Processes = [.. reply.Processes.OrderBy(process => process.Id)] };
}
