using System.Net.Sockets;

namespace Sluice.Benchmarks;

/// <summary>Calls to two programs in pairs: each connection sends one call to each of them, and waits for both answers.</summary>
/// <remarks>
/// So both get as many calls in every millisecond, and whatever else the machine does disturbs both alike. Two loads that only run at the
/// same time do not: the program that is slower for a moment gets fewer calls, and each of them costs more.
/// </remarks>
/// <param name="OneMicros">CPU time of the first program for each call, in microseconds.</param>
/// <param name="OtherMicros">The same of the second program.</param>
internal readonly record struct PairedLoad(double OneMicros, double OtherMicros)
{
    /// <summary>CPU time of a call to the second program over that of a call to the first.</summary>
    internal double Ratio => OtherMicros / OneMicros;

    /// <summary>
    /// Of loads of the same size. Its ratio is that of all CPU time to all CPU time, which scatters less than a median of ratios.
    /// </summary>
    internal static PairedLoad Mean(IReadOnlyCollection<PairedLoad> loads) =>
        new(loads.Average(load => load.OneMicros), loads.Average(load => load.OtherMicros));

    /// <param name="one">The first program.</param>
    /// <param name="other">The second program.</param>
    /// <param name="connections">How many connections to each call at once.</param>
    /// <param name="callsOfEach">How often each of them calls.</param>
    /// <param name="withRejections">Whether one call in ten is for a tool whose limit must reject it.</param>
    internal static PairedLoad Run(Contender one, Contender other, int connections, int callsOfEach, bool withRejections)
    {
        Calls[] both = [new(one, withRejections), new(other, withRejections)];
        Exception? failure = null;
        using Barrier barrier = new(connections + 1);
        Thread[] threads = [.. Enumerable.Range(0, connections).Select(number => new Thread(() =>
        {
            try
            {
                using Socket toOne = Load.Connect(one.Endpoint);
                using Socket toOther = Load.Connect(other.Endpoint);
                barrier.SignalAndWait();
                CallInPairs(both, [toOne, toOther], number * callsOfEach, callsOfEach);
            }
            catch (Exception exception) when (exception is SocketException or InvalidOperationException)
            {
                failure = exception;
            }
        }))];
        (TimeSpan ofOne, TimeSpan ofOther) = (one.CpuTime, other.CpuTime);
        Array.ForEach(threads, thread => thread.Start());
        barrier.SignalAndWait();
        Array.ForEach(threads, thread => thread.Join());
        Require.That(failure is null, $"An answer of '{one.Name}' or '{other.Name}' was wrong: {failure?.Message}.");
        double calls = connections * callsOfEach;
        return new PairedLoad((one.CpuTime - ofOne).TotalMicroseconds / calls, (other.CpuTime - ofOther).TotalMicroseconds / calls);
    }

    // They take turns at being called first.
    private static void CallInPairs(Calls[] both, Socket[] sockets, int first, int count)
    {
        byte[] buffer = Load.NewBuffer();
        for (int i = 0; i < count; i++)
        {
            int earlier = i & 1;
            sockets[earlier].Send(both[earlier].Request(first, i));
            sockets[1 - earlier].Send(both[1 - earlier].Request(first, i));
            Load.ReadAnswer(sockets[earlier], buffer, both[earlier].IsRejected(i));
            Load.ReadAnswer(sockets[1 - earlier], buffer, both[1 - earlier].IsRejected(i));
        }
    }
}
