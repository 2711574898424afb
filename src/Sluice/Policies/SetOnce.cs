namespace Sluice;

/// <summary>Rejects a second value for a field, which would silently discard the first.</summary>
/// <param name="what">What has the fields, for the message.</param>
internal sealed class SetOnce(string what)
{
    private readonly Dictionary<string, object> _values = new(StringComparer.Ordinal);

    /// <summary>Notes the value of a field; the same value again is harmless.</summary>
    /// <exception cref="InvalidOperationException">The field has another value.</exception>
    internal void Set(string field, object value)
    {
        if (!_values.TryAdd(field, value) && !_values[field].Equals(value))
        {
            throw new InvalidOperationException(
                $"{field} of {what} is set twice, to '{_values[field]}' and to '{value}'. Remove one of the two calls.");
        }
    }

    /// <summary>Notes that a field is set.</summary>
    /// <exception cref="InvalidOperationException">It was set before.</exception>
    internal void SetFirst(string field)
    {
        if (!_values.TryAdd(field, field))
        {
            throw new InvalidOperationException($"{field} of {what} is set twice. Merge the two calls.");
        }
    }
}
