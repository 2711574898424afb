namespace Sluice.Mcp;

/// <summary>The outcome of a call, as a label.</summary>
internal enum CallOutcome
{
    /// <summary>It went on.</summary>
    Allowed = 0,

    /// <summary>It was rejected for now.</summary>
    Refused = 1,

    /// <summary>It costs more than a bucket can hold.</summary>
    Unsatisfiable = 2,

    /// <summary>No limit applies to it.</summary>
    Unmetered = 3,

    /// <summary>It could not be read.</summary>
    Invalid = 4,
}

/// <summary>Who decided a call, as a label.</summary>
internal enum CallSource
{
    /// <summary>No store was asked.</summary>
    None = 0,

    /// <summary>The store.</summary>
    Store = 1,

    /// <summary>This process, because the store did not answer.</summary>
    Local = 2,

    /// <summary>The store did not answer, and the configuration lets calls through then.</summary>
    Open = 3,

    /// <summary>The store did not answer, and the configuration rejects calls then.</summary>
    Closed = 4,
}

/// <summary>The counters of the calls to one server, and the labels of their durations, made once.</summary>
/// <remarks>Thread safety: any number of threads.</remarks>
internal sealed class CallLabels
{
    /// <summary>The combinations of outcome and source that can occur.</summary>
    private static readonly (CallOutcome Outcome, CallSource Source)[] Possible =
    [
        (CallOutcome.Allowed, CallSource.Store),
        (CallOutcome.Allowed, CallSource.Local),
        (CallOutcome.Allowed, CallSource.Open),
        (CallOutcome.Refused, CallSource.Store),
        (CallOutcome.Refused, CallSource.Local),
        (CallOutcome.Refused, CallSource.Closed),
        (CallOutcome.Refused, CallSource.None),
        (CallOutcome.Unsatisfiable, CallSource.Store),
        (CallOutcome.Unsatisfiable, CallSource.Local),
        (CallOutcome.Unmetered, CallSource.None),
        (CallOutcome.Invalid, CallSource.None),
    ];

    private static readonly CallOutcome[] Outcomes = Enum.GetValues<CallOutcome>();
    private static readonly CallSource[] Sources = Enum.GetValues<CallSource>();

    private readonly KeyValuePair<string, object?> _server;
    private readonly KeyValuePair<string, object?>[][] _durations;
    private readonly SeriesCounter.Series?[] _calls = new SeriesCounter.Series?[Outcomes.Length * Sources.Length];

    /// <param name="server">The server's name.</param>
    internal CallLabels(string server)
    {
        _server = SluiceInstruments.Label("server", server);
        _durations = [.. Sources.Select(source => new[] { _server, SluiceInstruments.Label("source", Text(source)) })];
    }

    /// <summary>How many series the calls to one server can have.</summary>
    internal static int SeriesOfCalls => Possible.Length;

    /// <summary>How many series the durations of one server's decisions can have.</summary>
    internal static int SeriesOfDurations => Sources.Length - 1; // There is no decision without a source.

    /// <summary>Starts the counters of all these combinations at zero.</summary>
    internal void StartCounters()
    {
        foreach ((CallOutcome outcome, CallSource source) in Possible)
        {
            _ = Calls(outcome, source);
        }
    }

    /// <summary>The counter of calls.</summary>
    internal SeriesCounter.Series Calls(CallOutcome outcome, CallSource source) =>
        _calls[((int)outcome * Sources.Length) + (int)source] ??= SluiceInstruments.Calls.Of(
            _server, SluiceInstruments.Label("outcome", Text(outcome)), SluiceInstruments.Label("source", Text(source)));

    /// <summary>The labels of the duration of a decision.</summary>
    internal KeyValuePair<string, object?>[] Duration(CallSource source) => _durations[(int)source];

    /// <summary>The outcome of a call that a store was asked about.</summary>
    internal static CallOutcome OutcomeOf(in RateLimitDecision answer) => answer.Outcome switch
    {
        RateLimitOutcome.Allowed => CallOutcome.Allowed,
        RateLimitOutcome.Unsatisfiable => CallOutcome.Unsatisfiable,
        _ => CallOutcome.Refused,
    };

    /// <summary>Who decided a call that a store was asked about.</summary>
    internal static CallSource SourceOf(in RateLimitDecision answer) => answer.Source switch
    {
        DecisionSource.Store => CallSource.Store,
        DecisionSource.OnStoreFailure => answer.IsAllowed ? CallSource.Open : CallSource.Closed,
        _ => CallSource.Local,
    };

    /// <summary>A source as its label.</summary>
    internal static string Text(CallSource source) => source switch
    {
        CallSource.None => "none",
        CallSource.Store => "store",
        CallSource.Local => "local",
        CallSource.Open => "open",
        CallSource.Closed => "closed",
        _ => throw new ArgumentOutOfRangeException(nameof(source), source, "Not a source."),
    };

    private static string Text(CallOutcome outcome) => outcome switch
    {
        CallOutcome.Allowed => "allowed",
        CallOutcome.Refused => "refused",
        CallOutcome.Unsatisfiable => "unsatisfiable",
        CallOutcome.Unmetered => "unmetered",
        CallOutcome.Invalid => "invalid",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "Not an outcome."),
    };
}
