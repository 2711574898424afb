using System.Text.Json;

namespace Sluice.Gateway;

/// <summary>The small data set that the demo's <c>search</c> tool looks through.</summary>
internal static class BookCatalogue
{
    private const int MaxResults = 5;
    private static readonly Book[] Books = Load();

    /// <summary>Titles that have every word of the query somewhere, as text for a model to read.</summary>
    internal static string Search(string query)
    {
        string[] words = query.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Book[] found = [.. Books.Where(book => words.All(word => book.Holds(word)))];
        return found.Length == 0
            ? $"None of the {Books.Length} books is about that. Try 'sea', 'revenge' or 'Verne'."
            : string.Join('\n', found.Take(MaxResults).Select(book => book.ToString()))
                + (found.Length > MaxResults ? $"\n… and {found.Length - MaxResults} more" : "");
    }

    private static Book[] Load()
    {
        using Stream stream = typeof(BookCatalogue).Assembly.GetManifestResourceStream("books.json")
            ?? throw new InvalidOperationException("The program was built without its resource 'books.json'.");
        return JsonSerializer.Deserialize<Book[]>(stream, JsonSerializerOptions.Web) ?? [];
    }

    private sealed record Book(string Title, string Author, int Year, string About)
    {
        internal bool Holds(string word) =>
            Title.Contains(word, StringComparison.OrdinalIgnoreCase)
            || Author.Contains(word, StringComparison.OrdinalIgnoreCase)
            || About.Contains(word, StringComparison.OrdinalIgnoreCase);

        public override string ToString() => $"{Title}, by {Author} ({(Year < 0 ? $"{-Year} BC" : Year)}): {About}";
    }
}
