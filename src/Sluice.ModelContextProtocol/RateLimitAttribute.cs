namespace Sluice.ModelContextProtocol;

/// <summary>Limits the tool, prompt or resource that a method is.</summary>
/// <remarks>
/// What the builder or the configuration says of the same operation and scope goes first. A method may have several attributes;
/// those of one scope are a list of rates, and a call must meet all of them.
/// </remarks>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class RateLimitAttribute : Attribute
{
    private readonly int _maxTokens;
    private readonly CalendarUnit? _window;
    private DayOfWeek? _weekStart;

    /// <summary>A rate by a period.</summary>
    /// <param name="rate">The short form of a rate, such as <c>10/1m</c>; one that is wrong is reported when the host starts.</param>
    public RateLimitAttribute(string rate) => Rate = rate;

    /// <summary>
    /// A rate by the calendar, as <see cref="Sluice.Rate.Calendar"/> makes one; one that is wrong is reported when the host starts.
    /// </summary>
    /// <param name="maxTokens">From 1 to 2,147,483,647.</param>
    /// <param name="window">The unit.</param>
    public RateLimitAttribute(int maxTokens, CalendarUnit window)
    {
        Rate = "";
        _maxTokens = maxTokens;
        _window = window;
    }

    /// <summary>The rate in its short form; empty for a rate by the calendar.</summary>
    public string Rate { get; }

    /// <summary>Who shares a bucket.</summary>
    /// <value>The default is <see cref="RateLimitScope.Shared"/>.</value>
    public RateLimitScope Scope { get; set; }

    /// <summary>The time zone of a rate by the calendar: an IANA name, or a fixed offset such as <c>UTC+09:00</c>.</summary>
    /// <value>The default is UTC.</value>
    public string TimeZone { get; set; } = "UTC";

    /// <summary>The first day of a week, for a rate by the calendar whose window is a week.</summary>
    /// <value>The default is <see cref="DayOfWeek.Monday"/>.</value>
    public DayOfWeek WeekStart
    {
        get => _weekStart ?? DayOfWeek.Monday;
        set => _weekStart = value;
    }

    /// <summary>The rate, or null and what is wrong.</summary>
    internal Sluice.Rate? Read(out string? error)
    {
        if (_window is not CalendarUnit window)
        {
            return Sluice.Rate.TryParse(Rate, out Sluice.Rate? parsed, out error) ? parsed : null;
        }

        _ = Sluice.Rate.TryCreateCalendar(
            _maxTokens, window, TimeZone, _weekStart, out Sluice.Rate? rate, out IReadOnlyList<SettingsFault> faults);
        error = rate is null ? string.Join(' ', faults) : null;
        return rate;
    }
}
