using FsCheck;
using FsCheck.Fluent;

namespace Sluice.Configuration.Tests;

/// <summary>Random changes of a text, most of which leave a document that is wrong.</summary>
internal static class Damage
{
    private static readonly string[] Splinters =
    [
        "\"", "'", "{", "}", "[", "]", ":", ": ", "- ", "-", "#", " #", "&a ", "*a ", "!a ", "!!int ", "|", ">", "%", "@", "`", ",", "?",
        "\n", "\r", "\r\n", "\t", " ", "  ", "~", ".", "null", "true", "0", "-1", "99999999999999999999", "1e9", "${", "${X}", "${X:-", "}",
        "$${", "<<: ", "---\n", "...\n", "\0", "\u0085", "\u2028", "\uFEFF", "\uD800", "\uDC00", "😀", "\\", "\\u", "\\x0", "é", "/", "*",
        "name: ", "shared: ",
    ];

    /// <summary>One to three changes.</summary>
    internal static Arbitrary<Edit[]> Any() => Of(Splinters);

    /// <summary>One to three changes.</summary>
    /// <param name="splinters">What is inserted.</param>
    internal static Arbitrary<Edit[]> Of(string[] splinters) => OneToThree(
        from kind in Gen.Choose(0, 3)
        from at in Gen.Choose(0, int.MaxValue - 1)
        from to in Gen.Choose(0, int.MaxValue - 1)
        from length in Gen.Choose(0, 11)
        from splinter in Gen.Elements(splinters)
        select new Edit(kind, at, to, length, splinter));

    /// <summary>One to three changes; a failure is shrunk to those that it needs.</summary>
    internal static Arbitrary<T[]> OneToThree<T>(Gen<T> change) => Arb.From(
        from count in Gen.Choose(1, 3)
        from changes in change.ArrayOf(count)
        select changes,
        changes => Shrinks.OfList(changes).Where(fewer => fewer.Length > 0));

    /// <summary>Removes, inserts, replaces or copies a piece of a text; places are taken modulo its length.</summary>
    internal sealed record Edit(int Kind, int At, int To, int Length, string Splinter)
    {
        internal string Apply(string text)
        {
            int at = text.Length == 0 ? 0 : At % text.Length;
            int length = Math.Min(Length, text.Length - at);
            return Kind switch
            {
                0 => text.Remove(at, length),
                1 => text.Insert(at, Splinter),
                2 => text.Remove(at, length).Insert(at, Splinter),
                _ => text.Insert(text.Length == 0 ? 0 : To % text.Length, text.Substring(at, length)),
            };
        }
    }
}
