using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sluice.Configuration;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>
/// The lists of all backends as one, under the names that the virtual server advertises, in pages that are ready for the wire.
/// </summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed class MergedList
{
    /// <summary>The fewest entries of a page that is not the last. Many clients read the first page only.</summary>
    private const int SmallestPage = 1_000;

    /// <summary>The most pages. Source: client 2.4.0 of the TypeScript SDK gives up after 64.</summary>
    private const int MaxPages = 60;

    private const int LongName = 64;
    private const int MaxNotes = 20;

    private readonly byte[][] _pages;
    private readonly FrozenDictionary<string, Route> _routes;
    private readonly (string Template, Route Route)[] _templates;

    private MergedList(byte[][] pages, FrozenDictionary<string, Route> routes, (string Template, Route Route)[] templates, string[] notes)
    {
        _pages = pages;
        _routes = routes;
        _templates = templates;
        Notes = notes;
    }

    /// <summary>What the operator should know, a sentence each: hidden entries and long names.</summary>
    internal string[] Notes { get; }

    /// <summary>Joins lists.</summary>
    /// <param name="kind">Which list.</param>
    /// <param name="lists">Those of the backends, in the order of the configuration; null where a backend does not answer.</param>
    /// <param name="servers">The names of the backends.</param>
    /// <param name="names">The names that are advertised.</param>
    internal static MergedList Of(ListKind kind, BackendList?[] lists, string[] servers, VirtualNames names)
    {
        Dictionary<string, Route> routes = new(StringComparer.Ordinal);
        List<byte[]> entries = [];
        List<string> notes = [];
        for (int backend = 0; backend < lists.Length; backend++)
        {
            foreach (ListEntry entry in lists[backend]?.Entries ?? [])
            {
                if (names.Advertised(backend, kind, entry.Key) is not string advertised)
                {
                    continue;
                }

                Route route = new(backend, entry.Key);
                if (!routes.TryAdd(advertised, route))
                {
                    int first = routes[advertised].Backend;
                    string? other = kind.IsNamed || first == backend ? null : names.OtherUri(backend, entry.Key);
                    if (other is null || !routes.TryAdd(other, route))
                    {
                        notes.Add(Hidden(kind, advertised, servers[first], servers[backend], names.Conflicts));
                        continue;
                    }

                    advertised = other;
                }

                if (kind.IsNamed && advertised.Length > LongName)
                {
                    notes.Add(
                        $"The {kind.Noun} {Shown.Quote(advertised)} has a name of {advertised.Length} characters. "
                            + "Some models take 64 at most: give it a shorter one with 'rename'.");
                }

                entries.Add(advertised == entry.Key ? entry.Json : MessageEdit.Apply(entry.Json, (entry.KeyPart, Quote(advertised))));
            }
        }

        return new MergedList(
            Paginate(kind, entries),
            routes.ToFrozenDictionary(StringComparer.Ordinal),
            kind == ListKind.Templates ? [.. routes.Select(pair => (pair.Key, pair.Value))] : [],
            [.. notes.Distinct(StringComparer.Ordinal).Take(MaxNotes)]);
    }

    /// <summary>The result of one page; null for a cursor that this list never gave.</summary>
    /// <param name="cursor">The cursor of a client; null for the first page.</param>
    internal byte[]? Page(string? cursor) =>
        cursor is null ? _pages[0]
        : int.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out int page) && page > 0
            && page < _pages.Length ? _pages[page]
        : null;

    /// <summary>Where an advertised name or URI leads; null for one that is not listed.</summary>
    internal Route? Find(string advertised) => _routes.GetValueOrDefault(advertised);

    /// <summary>Where a URI leads that a listed template matches; or null.</summary>
    internal Route? FindByTemplate(string uri)
    {
        foreach ((string template, Route route) in _templates)
        {
            if (UriTemplates.Matches(template, uri))
            {
                // A template with a backend's prefix has it in front of the backend's own one.
                return new Route(route.Backend, uri[(template.Length - route.Own.Length)..]);
            }
        }

        return null;
    }

    /// <summary>A text as JSON.</summary>
    internal static byte[] Quote(string text) =>
        [.. "\""u8, .. JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes, .. "\""u8];

    private static string Hidden(ListKind kind, string advertised, string first, string later, NameConflicts conflicts)
    {
        string what = $"The {kind.Noun} {Shown.Quote(advertised)}";
        return first == later ? $"{what} is in the list of '{first}' twice. The second is hidden."
            : conflicts == NameConflicts.Priority ? $"{what} of '{later}' is hidden: '{first}' has it too, and comes first."
            : $"{what} of '{later}' is hidden: '{first}' has it too. Give one of the two another name with 'rename'.";
    }

    private static byte[][] Paginate(ListKind kind, List<byte[]> entries)
    {
        int size = Math.Max(SmallestPage, (entries.Count + MaxPages - 1) / MaxPages);
        int count = Math.Max(1, (entries.Count + size - 1) / size);
        byte[][] pages = new byte[count][];
        for (int page = 0; page < count; page++)
        {
            ArrayBufferWriter<byte> json = new();
            json.Write([.. "{\""u8, .. System.Text.Encoding.UTF8.GetBytes(kind.Field), .. "\":["u8]);
            int end = Math.Min(entries.Count, (page + 1) * size);
            for (int i = page * size; i < end; i++)
            {
                json.Write(i > page * size ? ","u8 : default);
                json.Write(entries[i]);
            }

            json.Write(
                page + 1 < count ? [.. "],\"nextCursor\":\""u8, .. System.Text.Encoding.UTF8.GetBytes($"{page + 1}"), .. "\"}"u8] : "]}"u8);
            pages[page] = MessageEdit.OnOneLine(json.WrittenMemory).ToArray();
        }

        return pages;
    }
}
