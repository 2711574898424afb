using System.Collections.Concurrent;

namespace Sluice.Gateway;

/// <summary>The origins that a server allows, as its own answers say.</summary>
/// <remarks>
/// <para>
/// A browser sends a preflight before its first call, so the server has answered before the gateway has anything to answer
/// itself. Nothing is asked of the server beside what clients ask.
/// </para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal sealed class ServerOrigins
{
    /// <summary>The most origins that are remembered; a server that allows any origin could otherwise fill the memory.</summary>
    internal const int MaxOrigins = 1_000;

    private readonly ConcurrentDictionary<string, bool> _allowed = new(StringComparer.Ordinal);
    private volatile bool _allowsAny;

    /// <summary>Whether the server allows an origin.</summary>
    internal bool Allows(string origin) => _allowsAny || _allowed.ContainsKey(origin);

    /// <summary>Takes from an answer of the server what it says about an origin.</summary>
    /// <param name="origin">The origin that asked.</param>
    /// <param name="answer">The answer, which is complete but for its body.</param>
    internal void Learn(string origin, HttpResponse answer)
    {
        string allowed = answer.Headers.AccessControlAllowOrigin.ToString();
        bool isSuccess = answer.StatusCode is >= 200 and < 300;
        if (allowed == "*")
        {
            _allowsAny = true;
            return;
        }

        // Servers leave the header out of errors, so that those say nothing.
        _allowsAny &= !isSuccess;
        if (allowed == origin)
        {
            if (!_allowed.ContainsKey(origin) && _allowed.Count < MaxOrigins)
            {
                _allowed.TryAdd(origin, true);
            }
        }
        else if (isSuccess)
        {
            _allowed.TryRemove(origin, out _);
        }
    }
}
