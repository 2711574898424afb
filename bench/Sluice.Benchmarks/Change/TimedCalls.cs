using System.Diagnostics;
using System.Net.Sockets;

namespace Sluice.Benchmarks;

/// <summary>Calls without a pause over a few connections, of which each is known by its instants.</summary>
/// <remarks>Its threads allocate nothing for a call, so that a collection of this process is rare.</remarks>
internal sealed class TimedCalls : IDisposable
{
    private const int MostOfEach = 1_000_000;
    private readonly Thread[] _threads;
    private readonly List<Call>[] _calls;
    private volatile bool _isStopped;
    private volatile Exception? _failure;
    private long _count;

    private TimedCalls(Contender contender, int connections)
    {
        _calls = [.. Enumerable.Range(0, connections).Select(_ => new List<Call>(MostOfEach))];
        _threads = [.. _calls.Select(calls => new Thread(() => Run(contender, calls)))];
        Array.ForEach(_threads, thread => thread.Start());
    }

    /// <summary>Begins to call.</summary>
    internal static TimedCalls Start(Contender contender, int connections) => new(contender, connections);

    /// <summary>How many calls were answered.</summary>
    internal int Count => (int)Interlocked.Read(ref _count);

    /// <summary>Waits until so many more calls have been answered.</summary>
    internal async Task MoreAsync(int calls)
    {
        long until = Interlocked.Read(ref _count) + calls;
        while (Interlocked.Read(ref _count) < until)
        {
            await CheckAsync(TimeSpan.FromMilliseconds(1));
        }
    }

    /// <summary>Waits, and ends the benchmark if a call was answered wrongly.</summary>
    internal async Task CheckAsync(TimeSpan pause)
    {
        Require.That(_failure is null, $"A call was answered wrongly: {_failure?.Message}");
        await Task.Delay(pause); // Another process answers, by its own clock.
    }

    /// <summary>Ends the calls.</summary>
    internal void Stop()
    {
        _isStopped = true;
        Array.ForEach(_threads, thread => thread.Join());
        Require.That(_failure is null, $"A call was answered wrongly: {_failure?.Message}");
    }

    /// <summary>The times of the calls that were sent in one of some spans, in microseconds, the shortest first. The calls have ended.</summary>
    /// <remarks>Not of all calls in flight: a long call is in flight at the edge of a short span more often than a short one.</remarks>
    internal double[] During(IReadOnlyCollection<(long From, long To)> spans) =>
    [
        .. _calls.SelectMany(calls => calls)
            .Where(call => spans.Any(span => call.Sent >= span.From && call.Sent < span.To))
            .Select(call => Stopwatch.GetElapsedTime(call.Sent, call.Answered).TotalMicroseconds)
            .Order(),
    ];

    public void Dispose()
    {
        _isStopped = true;
        Array.ForEach(_threads, thread => thread.Join());
    }

    private void Run(Contender contender, List<Call> calls)
    {
        try
        {
            byte[] request = Load.RequestTo(contender.Endpoint, contender.Tool);
            byte[] buffer = Load.NewBuffer();
            using Socket socket = Load.Connect(contender.Endpoint);
            while (!_isStopped && calls.Count < MostOfEach)
            {
                long sent = Stopwatch.GetTimestamp();
                socket.Send(request);
                Load.ReadAnswer(socket, buffer, isRejected: false);
                calls.Add(new Call(sent, Stopwatch.GetTimestamp()));
                Interlocked.Increment(ref _count);
            }
        }
        catch (Exception exception) when (exception is SocketException or InvalidOperationException)
        {
            _failure = exception;
        }
    }

    private readonly record struct Call(long Sent, long Answered);
}
