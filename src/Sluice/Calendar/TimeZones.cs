using NodaTime;

namespace Sluice;

/// <summary>The time zones that a rate may name: those of NodaTime's tables.</summary>
internal static class TimeZones
{
    private const int MaxQuoted = 64;

    /// <summary>A zone, or null if no zone has that name in that spelling.</summary>
    internal static DateTimeZone? Find(string name) => DateTimeZoneProviders.Tzdb.GetZoneOrNull(name);

    /// <summary>Why a name is not one of a zone, and what to write.</summary>
    internal static string Advice(string name)
    {
        string quoted = name.Length <= MaxQuoted ? $"'{name}'" : "a long text";
        string trimmed = name.Trim();
        string? zone = DateTimeZoneProviders.Tzdb.Ids.FirstOrDefault(id => id.Equals(trimmed.Replace(' ', '_'), StringComparison.OrdinalIgnoreCase))
            ?? (IsOffset(trimmed) ? null : NearestName.Find(trimmed, DateTimeZoneProviders.Tzdb.Ids));
        return $"{quoted} is not a time zone. " + (zone is null
            ? "Write an IANA name such as Asia/Tokyo, or a fixed offset such as UTC+09:00."
            : $"Did you mean '{zone}'?");
    }

    // Such as +09:00, UTC+9, GMT+5 and Z, which no name of a place is near to.
    private static bool IsOffset(string name) =>
        name is "Z" or "z" || name.AsSpan().IndexOfAny('+', '-') is >= 0 and <= 3 && name.AsSpan().ContainsAnyInRange('0', '9');
}
