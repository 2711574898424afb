using System.Collections.Immutable;

namespace Sluice.Configuration;

/// <content>Lists of texts.</content>
internal sealed partial class FieldReader
{
    internal const int MaxTexts = 1_000;

    /// <summary>A list of at least one text, or one text alone; what is wrong in it is left out.</summary>
    /// <param name="name">The field.</param>
    /// <param name="required">Whether its absence is a fault.</param>
    /// <param name="whyWrong">Null, or what is wrong with a text, as far as this field is concerned.</param>
    /// <param name="isPrivate">Whether the texts are identities, so that no message repeats them.</param>
    internal ImmutableArray<string> Texts(string name, bool required, Func<string, string?>? whyWrong = null, bool isPrivate = false)
    {
        if (Node(name) is not SequenceNode)
        {
            return Text(name, required, isPrivate) is string single
                && Accept(single, whyWrong?.Invoke(single), Node(name)!, name) is not null
                ? [single]
                : [];
        }

        ImmutableArray<string>.Builder texts = ImmutableArray.CreateBuilder<string>();
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach ((Node item, string path) in List(name, required, MaxTexts))
        {
            if (item is ScalarNode { IsUnresolved: true })
            {
                continue;
            }

            string text = "";
            string? wrong = item is not ScalarNode scalar ? $"{item.Describe()} is not text. Write a single value."
                : scalar.IsNull ? "is empty. Write text."
                : WhyNotText(scalar, isPrivate, out text) ?? whyWrong?.Invoke(text);
            if (wrong is null && !seen.Add(text))
            {
                wrong = "is in the list twice. Remove one of the two.";
            }

            if (wrong is null)
            {
                texts.Add(text);
            }
            else
            {
                _faults.Add(item, path, wrong);
            }
        }

        return texts.ToImmutable();
    }
}
