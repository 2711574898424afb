using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Sluice.Gateway;

/// <summary>The salt with which an installation hashes its callers.</summary>
/// <remarks>
/// <para>
/// It is a file of 32 random bytes in base64, <see cref="FileName"/>, in the folder of the record, else in that of the audit file. The
/// first start creates it; only the owner of the process may read it. Without either file a new one is made at each start.
/// </para>
/// <para><see cref="Variable"/> takes the place of the file, for replicas and for containers without a disk.</para>
/// </remarks>
internal static partial class InstallationSalt
{
    /// <summary>The name of the file.</summary>
    internal const string FileName = "sluice.salt";

    /// <summary>The environment variable that takes the place of the file.</summary>
    internal const string Variable = "SLUICE_SALT";

    /// <summary>How short the variable may be.</summary>
    internal const int MinCharacters = 16;

    private const int Bytes = 32;

    /// <summary>Reads the salt, or makes it.</summary>
    /// <param name="folder">The folder of the file; null where there is none.</param>
    /// <param name="fault">Why it cannot be read or made.</param>
    internal static byte[]? Find(string? folder, out string? fault)
    {
        fault = null;
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } text)
        {
            fault = text.Length < MinCharacters
                ? $"{Variable} has {text.Length} characters, and must have {MinCharacters} or more. Make one with: openssl rand -base64 32"
                : null;
            return fault is null ? SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)) : null;
        }

        if (folder is null)
        {
            return RandomNumberGenerator.GetBytes(Bytes);
        }

        string path = Path.Combine(folder, FileName);
        try
        {
            return Read(File.Exists(path) ? path : Create(path), out fault);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            fault = $"the salt of hashed callers cannot be kept in '{path}': {exception.Message} Make the folder "
                + $"writable, or set {Variable}.";
            return null;
        }
    }

    /// <summary>Reads the salt of a file.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal static byte[]? Read(string path, out string? fault)
    {
        Span<byte> salt = stackalloc byte[Bytes];
        bool isSalt = Convert.TryFromBase64String(File.ReadAllText(path).Trim(), salt, out int length) && length == Bytes;
        fault = isSalt ? null : $"'{path}' is not a salt. Restore it; or delete it, and callers get other hashes from then on.";
        return isSalt ? salt.ToArray() : null;
    }

    /// <summary>Makes the file whole or not at all; of two processes that make it at once, both then read the one that was first.</summary>
    private static string Create(string path)
    {
        string draft = $"{path}.{Guid.NewGuid():N}";
        FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (StreamWriter writer = new(draft, options))
        {
            writer.WriteLine(Convert.ToBase64String(RandomNumberGenerator.GetBytes(Bytes)));
        }

        // File.Move without overwriting checks first and renames then, so of two at once the later one replaces the file. A link is one
        // step.
        if (!OperatingSystem.IsWindows() && (Link(draft, path) == 0 || File.Exists(path)))
        {
            File.Delete(draft);
            return path;
        }

        try
        {
            File.Move(draft, path, overwrite: false); // On Windows it is one step too; elsewhere the disk has no links.
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(draft);
        }

        return path;
    }

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string name);
}
