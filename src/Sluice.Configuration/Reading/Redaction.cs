namespace Sluice.Configuration;

/// <summary>Takes values that came from <c>${…}</c> out of messages that others wrote, and puts in what the file says.</summary>
internal static class Redaction
{
    /// <summary>The message without the values that stand at <paramref name="node"/> or below.</summary>
    internal static string Of(string message, Node node)
    {
        List<(string Value, string Written)> values = [];
        Collect(node, values);
        return Of(message, values);
    }

    /// <summary>Whatever a message must not tell of a node, the longest first.</summary>
    internal static List<(string Value, string Written)> ValuesOf(Node node)
    {
        List<(string Value, string Written)> values = [];
        Collect(node, values);
        return [.. values.Distinct().OrderByDescending(pair => pair.Value.Length)];
    }

    /// <summary>The message without these values.</summary>
    internal static string Of(string message, IEnumerable<(string Value, string Written)> values)
    {
        foreach ((string value, string written) in values)
        {
            message = Replace(message, value, written);
        }

        return message;
    }

    private static void Collect(Node node, List<(string Value, string Written)> values)
    {
        switch (node)
        {
            case ScalarNode { IsSubstituted: true } scalar:
                Add(values, scalar.Value, scalar.Written);
                if (Rate.TryParse(scalar.Value, out Rate? rate, out _))
                {
                    // A rule speaks of a rate by its count alone.
                    Add(values, $"{rate.MaxTokens}", scalar.Written);
                }

                break;
            case SequenceNode list:
                foreach (Node item in list.Items)
                {
                    Collect(item, values);
                }

                break;
            case MappingNode mapping:
                foreach (Field field in mapping.Fields)
                {
                    Collect(field.Value, values);
                }

                break;
        }
    }

    private static void Add(List<(string Value, string Written)> values, string value, string written)
    {
        string trimmed = value.Trim();
        if (trimmed.Length > 0)
        {
            values.Add((trimmed, Shown.Step(written)));
        }
    }

    // Whole words only: a 5 that must not be told does not make a 15 unreadable.
    private static string Replace(string message, string value, string written)
    {
        int at = 0;
        while ((at = message.IndexOf(value, at, StringComparison.Ordinal)) >= 0)
        {
            int end = at + value.Length;
            bool isWhole = (at == 0 || !IsWord(message[at - 1]) || !IsWord(value[0]))
                && (end == message.Length || !IsWord(message[end]) || !IsWord(value[^1]));
            if (isWhole)
            {
                message = string.Concat(message.AsSpan(0, at), written, message.AsSpan(end));
            }

            at += isWhole ? written.Length : 1;
        }

        return message;
    }

    private static bool IsWord(char c) => char.IsLetterOrDigit(c);
}
