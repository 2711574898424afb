namespace Sluice.Benchmarks;

/// <summary>The calls that a load makes, as bytes.</summary>
/// <param name="contender">Who is called.</param>
/// <param name="withRejections">Whether one call in ten is for a tool whose limit must reject it.</param>
internal sealed class Calls(Contender contender, bool withRejections)
{
    private readonly byte[] _allowed = Load.RequestTo(contender.Endpoint, contender.Tool, contender.Session);
    private readonly byte[][] _rejected = withRejections
        ? [.. Enumerable.Range(0, Load.RejectedTools).Select(tool => Load.RequestTo(contender.Endpoint, Load.NameOfRejected(tool)))]
        : [];

    /// <summary>Whether a call must be rejected.</summary>
    /// <param name="number">The number of the call on its connection.</param>
    internal bool IsRejected(int number) => _rejected.Length > 0 && number % Load.CallsPerRejection == 0;

    /// <summary>The bytes of a call.</summary>
    /// <param name="first">How many calls the connections before this one make.</param>
    /// <param name="number">The number of the call on its connection.</param>
    internal byte[] Request(int first, int number) =>
        IsRejected(number) ? _rejected[(first + number) / Load.CallsPerRejection % _rejected.Length] : _allowed;
}
