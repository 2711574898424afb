using Sluice.Configuration;

namespace Sluice.Redis;

/// <summary>What the options say of where Redis is.</summary>
internal static class RedisAddressRules
{
    /// <summary>Where Redis is.</summary>
    /// <exception cref="ArgumentException">It cannot be used; it names every fault, and no secret.</exception>
    internal static RedisAddress Require(RedisStoreOptions options)
    {
        SettingsFault[] faults = [.. Check(options)];
        return faults.Length == 0
            ? Read(options, out _)!
            : throw new ArgumentException(string.Join(" ", faults.Select(fault => $"{fault.Path}: {fault.Message}")), nameof(options));
    }

    /// <summary>Every fault at once.</summary>
    internal static IEnumerable<SettingsFault> Check(RedisStoreOptions options)
    {
        RedisAddress? address = Read(options, out SettingsFault? fault);
        if (fault is not null)
        {
            yield return fault;
        }

        if (options.CertificateAuthority is string path)
        {
            if (AuthorityFile.Read(path, out string? why) is null)
            {
                yield return new SettingsFault(nameof(options.CertificateAuthority), why!);
            }
            else if (address is { IsPlain: true })
            {
                yield return new SettingsFault(nameof(options.CertificateAuthority), AuthorityFile.WithoutTls);
            }
        }
    }

    private static RedisAddress? Read(RedisStoreOptions options, out SettingsFault? fault)
    {
        RedisAddress? address = RedisAddressReader.Read(new MarkedText(options.Configuration), out string? why);
        fault = why is null ? null : new SettingsFault(nameof(options.Configuration), why);
        if (address is null)
        {
            return null;
        }

        (string Field, bool IsTwice)[] fields =
        [
            (nameof(options.User), options.User is not null && address.User is not null),
            (nameof(options.Password), options.Password is not null && address.Password is not null),
            (nameof(options.Database), options.Database is not null && address.Database is not null),
        ];
        if (Array.Find(fields, field => field.IsTwice) is { Field: not null } twice)
        {
            fault = new SettingsFault(twice.Field, $"is in {nameof(options.Configuration)} too. Keep one of the two.");
            return null;
        }

        if (options.Database is < 0)
        {
            fault = new SettingsFault(
                nameof(options.Database), $"{options.Database} is not the number of a database, which counts from 0.");
            return null;
        }

        return address with
        {
            User = options.User ?? address.User,
            Password = options.Password ?? address.Password,
            Database = options.Database ?? address.Database,
        };
    }
}
