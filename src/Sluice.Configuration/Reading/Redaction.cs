using System.Text;

namespace Sluice.Configuration;

/// <summary>Takes values that came from <c>${…}</c> out of messages that others wrote, and puts in what the file says.</summary>
internal sealed class Redaction
{
    private readonly Dictionary<string, string> _writtenByValue = new(StringComparer.Ordinal);
    private readonly ILookup<char, string> _valuesByFirst;

    /// <param name="node">Values at this node or below it must not be shown.</param>
    internal Redaction(Node node)
    {
        Collect(node);

        // The longest first, so that no part of one is taken for another.
        _valuesByFirst = _writtenByValue.Keys.OrderByDescending(value => value.Length).ToLookup(value => value[0]);
    }

    /// <summary>The message without these values.</summary>
    /// <remarks>Whole words only: a 5 that must not be told does not make a 15 unreadable.</remarks>
    internal string Apply(string message)
    {
        if (_writtenByValue.Count == 0)
        {
            return message;
        }

        StringBuilder result = new();
        int at = 0;
        while (at < message.Length)
        {
            string? value = ValueAt(message, at);
            result.Append(value is null ? message.AsSpan(at, 1) : _writtenByValue[value]);
            at += value?.Length ?? 1;
        }

        return result.ToString();
    }

    private string? ValueAt(string message, int at)
    {
        bool isInWord = at > 0 && IsWord(message[at - 1]) && IsWord(message[at]);
        return isInWord ? null : _valuesByFirst[message[at]].FirstOrDefault(value =>
        {
            int end = at + value.Length;
            return string.CompareOrdinal(message, at, value, 0, value.Length) == 0
                && (end == message.Length || !IsWord(message[end]) || !IsWord(message[end - 1]));
        });
    }

    private void Collect(Node node)
    {
        switch (node)
        {
            case ScalarNode { IsSubstituted: true } scalar:
                Add(scalar.Value.Trim(), scalar.Written);
                if (Rate.TryParse(scalar.Value, out Rate? rate, out _))
                {
                    Add($"{rate.MaxTokens}", scalar.Written); // The message of a rule shows the count of a rate alone.
                }

                break;
            case SequenceNode list:
                foreach (Node item in list.Items)
                {
                    Collect(item);
                }

                break;
            case MappingNode mapping:
                foreach (Field field in mapping.Fields)
                {
                    Collect(field.Value);
                }

                break;
        }
    }

    private void Add(string value, string written)
    {
        if (value.Length > 0)
        {
            _writtenByValue.TryAdd(value, Shown.Step(written));
        }
    }

    private static bool IsWord(char c) => char.IsLetterOrDigit(c);
}
