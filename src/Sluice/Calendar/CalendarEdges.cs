namespace Sluice;

/// <summary>Where the windows of a calendar begin and end. All that the stores know of a calendar.</summary>
/// <remarks>
/// <para>Instants are ticks of 100 ns since 1 January 0001, UTC.</para>
/// <para>
/// The windows lie side by side without a gap, so an edge ends one and begins the next. Two of them are equal when they come from
/// the same unit, time zone and first day of the week.
/// </para>
/// <para>Thread safety: every member may be called from any thread. A question about the window of the last answer allocates
/// nothing.</para>
/// </remarks>
internal abstract class CalendarEdges
{
    private Window? _last;

    /// <summary>The first instant of the window that holds an instant.</summary>
    internal long StartOf(long utcTicks) => WindowOf(utcTicks).Start;

    /// <summary>The first instant after the window that holds an instant; later than that instant.</summary>
    internal long EndOf(long utcTicks) => WindowOf(utcTicks).End;

    /// <summary>An instant as clocks of the time zone show it.</summary>
    internal abstract DateTimeOffset InZone(long utcTicks);

    /// <summary>Works out the window that holds an instant.</summary>
    protected abstract Window Find(long utcTicks);

    private Window WindowOf(long utcTicks)
    {
        if (Volatile.Read(ref _last) is Window last && last.Start <= utcTicks && utcTicks < last.End)
        {
            return last;
        }

        Window found = Find(utcTicks);
        Volatile.Write(ref _last, found);
        return found;
    }

    /// <summary>A window, from its first instant to the first one after it.</summary>
    protected sealed record Window(long Start, long End);
}
