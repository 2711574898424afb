namespace Sluice.Configuration;

/// <summary>The words that fields with a few values take.</summary>
internal static class Words
{
    internal static readonly Dictionary<string, RateLimitAlgorithm> Algorithms = Enum.GetValues<RateLimitAlgorithm>()
        .Where(algorithm => BucketRules.Traits(algorithm).HasPeriod)
        .ToDictionary(RateText.Name, StringComparer.Ordinal);

    internal static readonly Dictionary<string, CalendarUnit> CalendarUnits = new(StringComparer.Ordinal)
    {
        ["hour"] = CalendarUnit.Hour,
        ["day"] = CalendarUnit.Day,
        ["week"] = CalendarUnit.Week,
        ["month"] = CalendarUnit.Month,
        ["quarter"] = CalendarUnit.Quarter,
        ["year"] = CalendarUnit.Year,
    };

    internal static readonly Dictionary<string, DayOfWeek> WeekDays = new(StringComparer.Ordinal)
    {
        ["monday"] = DayOfWeek.Monday,
        ["tuesday"] = DayOfWeek.Tuesday,
        ["wednesday"] = DayOfWeek.Wednesday,
        ["thursday"] = DayOfWeek.Thursday,
        ["friday"] = DayOfWeek.Friday,
        ["saturday"] = DayOfWeek.Saturday,
        ["sunday"] = DayOfWeek.Sunday,
    };

    internal static readonly Dictionary<string, LimitMode> Modes = new(StringComparer.Ordinal)
    {
        ["enforce"] = LimitMode.Enforce,
        ["permissive"] = LimitMode.Permissive,
        ["disabled"] = LimitMode.Disabled,
    };

    internal static readonly Dictionary<string, MeteredRequests> Meters = new(StringComparer.Ordinal)
    {
        ["operations"] = MeteredRequests.Operations,
        ["all"] = MeteredRequests.All,
        ["tools"] = MeteredRequests.Tools,
    };

    internal static readonly Dictionary<string, MissingIdentity> MissingIdentities = new(StringComparer.Ordinal)
    {
        ["pool"] = MissingIdentity.Pool,
        ["reject"] = MissingIdentity.Reject,
        ["skip"] = MissingIdentity.Skip,
    };

    internal static readonly Dictionary<string, StoreFailureMode> StoreFailures = new(StringComparer.Ordinal)
    {
        ["share"] = StoreFailureMode.Share,
        ["local"] = StoreFailureMode.Local,
        ["allow"] = StoreFailureMode.Allow,
        ["deny"] = StoreFailureMode.Deny,
    };

    internal static readonly Dictionary<string, RejectionForm> Rejections = new(StringComparer.Ordinal)
    {
        ["auto"] = RejectionForm.Auto,
        ["http429"] = RejectionForm.Http429,
        ["jsonrpc"] = RejectionForm.JsonRpc,
        ["toolResult"] = RejectionForm.ToolResult,
    };

    internal static readonly Dictionary<string, LimitHeadersMode> HeaderModes = new(StringComparer.Ordinal)
    {
        ["onRefusal"] = LimitHeadersMode.OnRefusal,
        ["always"] = LimitHeadersMode.Always,
        ["never"] = LimitHeadersMode.Never,
    };

    internal static readonly Dictionary<string, LimitHeadersStyle> HeaderStyles = new(StringComparer.Ordinal)
    {
        ["draft11"] = LimitHeadersStyle.Draft11,
        ["x-ratelimit"] = LimitHeadersStyle.XRateLimit,
        ["both"] = LimitHeadersStyle.Both,
    };

    internal static readonly Dictionary<string, LimitHeadersReset> HeaderResets = new(StringComparer.Ordinal)
    {
        ["seconds"] = LimitHeadersReset.Seconds,
        ["unixTime"] = LimitHeadersReset.UnixTime,
    };
}
