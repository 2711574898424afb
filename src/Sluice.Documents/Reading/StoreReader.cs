namespace Sluice.Documents;

/// <summary>Reads <c>store</c>: where buckets are kept. No message repeats how Redis is reached.</summary>
internal sealed class StoreReader(FaultList faults)
{
    private const int MaxPrefixLength = 64;
    private const string Twice = "is in 'redis' too. Keep one of the two.";
    private static readonly Dictionary<string, bool> Layouts = new() { ["compact"] = false, ["spread"] = true };

    private static readonly FieldTable SharesTable = new(
        new FieldSpec("ttl", new DurationSpec(SharesConfiguration.MinTtl, SharesConfiguration.MaxTtl, "500ms to 60s", "3s")),
        new("minCapacity", new IntegerSpec(SharesConfiguration.LeastMinCapacity, SharesConfiguration.GreatestMinCapacity)
        {
            WayOut = "Leave it out for 50; a bucket that holds one call is not worth dividing.",
        }));

    internal static readonly FieldTable Table = new(
        new FieldSpec("redis", new TextSpec(int.MaxValue)),
        new("user", new TextSpec()),
        new("password", new TextSpec(int.MaxValue, ".")),
        new("database", new IntegerSpec(0, int.MaxValue)),
        new("certificateAuthority", new TextSpec()),
        new("keyPrefix", new TextSpec(Pattern: $@"^\s*[A-Za-z0-9_.:-]{{1,{MaxPrefixLength}}}\s*$")),
        new("timeout", new DurationSpec(StoreConfiguration.MinTimeout, StoreConfiguration.MaxTimeout, "1ms to 5s", "50ms")),
        new("rememberRefusals", new DurationSpec(TimeSpan.Zero, StoreConfiguration.MaxRememberRefusals, "0s to 1m", "50ms")),
        new("layout", new ChoiceSpec<bool>(Layouts)),
        new("maxKeys", new IntegerSpec(InProcessStoreOptions.MaxKeysLowerBound, InProcessStoreOptions.MaxKeysUpperBound)),
        new("expectedReplicas", new IntegerSpec(StoreConfiguration.MinReplicas, StoreConfiguration.MaxReplicas)),
        new("shares", new GroupSpec(() => SharesTable)))
    {
        OneOf = [["redis"], ["maxKeys"]],
        Together =
        [
            .. new[] { "user", "password", "database", "certificateAuthority", "keyPrefix", "timeout", "rememberRefusals", "layout", "expectedReplicas", "shares" }
                .Select(field => (field, "redis")),
        ],
    };

    /// <summary>The store; valid only when no fault was added.</summary>
    internal StoreConfiguration Read(Node node)
    {
        StoreConfiguration memory = StoreConfiguration.Memory;
        if (FieldReader.Open(node, "store", Table, faults) is not FieldReader reader)
        {
            return memory;
        }

        RedisAddress? address = ReadAddress(reader);
        if (!reader.HasAttempt("redis"))
        {
            RejectWithoutRedis(reader);
        }

        return new StoreConfiguration
        {
            Redis = address?.Text,
            User = ReadOnce(reader, "user", address?.User, reader.Text("user", isPrivate: true)),
            Password = ReadOnce(reader, "password", address?.Password, ReadPassword(reader)),
            Database = ReadDatabase(reader, address),
            CertificateAuthority = ReadAuthority(reader, address),
            KeyPrefix = ReadPrefix(reader) ?? memory.KeyPrefix,
            Timeout = reader.Duration("timeout") ?? memory.Timeout,
            RememberRefusals = reader.Duration("rememberRefusals") ?? memory.RememberRefusals,
            IsSpread = reader.Choice<bool>("layout") ?? memory.IsSpread,
            MaxKeys = reader.Integer("maxKeys") ?? memory.MaxKeys,
            ExpectedReplicas = reader.Integer("expectedReplicas") ?? memory.ExpectedReplicas,
            Shares = ReadShares(reader),
        };
    }

    private SharesConfiguration? ReadShares(FieldReader reader)
    {
        const string Field = "shares";
        if (reader.Node(Field) is not Node node || FieldReader.Open(node, reader.PathOf(Field), SharesTable, faults) is not FieldReader shares)
        {
            return null;
        }

        if (reader.Node("layout") is ScalarNode { Value: "spread" })
        {
            faults.Add(
                node, reader.PathOf(Field),
                "cannot be used with 'layout: spread', since the shares of a server lie in one slot. Remove one of the two.");
        }

        SharesConfiguration defaults = new();
        return new SharesConfiguration
        {
            Ttl = shares.Duration("ttl") ?? defaults.Ttl,
            MinCapacity = shares.Integer("minCapacity") ?? defaults.MinCapacity,
        };
    }

    private static RedisAddress? ReadAddress(FieldReader reader)
    {
        const string Field = "redis";
        if (reader.Scalar(Field, "servers, such as redis.internal:6379") is not ScalarNode scalar)
        {
            return null;
        }

        RedisAddress? address = RedisAddressReader.Read(new MarkedText(scalar.Value, scalar.Replaced), out string? why);
        return reader.Accept(address, why, scalar, Field);
    }

    // As it is: white space may be a part of it.
    private static string? ReadPassword(FieldReader reader)
    {
        const string Field = "password";
        if (reader.Scalar(Field, "text") is not ScalarNode scalar)
        {
            return null;
        }

        string? wrong = FieldReader.IsAnotherType(scalar) ? "the value is not text. Put it in quotes."
            : scalar.Value.Length == 0 ? "is empty. Write the password, or remove the field."
            : null;
        return reader.Accept(scalar.Value, wrong, scalar, Field);
    }

    private static string? ReadOnce(FieldReader reader, string field, string? ofAddress, string? ofField) =>
        ofField is null ? ofAddress
        : reader.Accept(ofField, ofAddress is null ? null : Twice, reader.Node(field)!, field);

    private int? ReadDatabase(FieldReader reader, RedisAddress? address)
    {
        const string Field = "database";
        int? database = reader.Integer(Field);
        if (database is not null && address?.Database is not null)
        {
            faults.Add(reader.Node(Field)!, reader.PathOf(Field), Twice);
        }

        return database ?? address?.Database;
    }

    private static string? ReadAuthority(FieldReader reader, RedisAddress? address)
    {
        const string Field = "certificateAuthority";
        if (reader.Text(Field) is not string path)
        {
            return null;
        }

        string? wrong = AuthorityFile.Read(path, out string? why) is null ? why
            : address is { IsPlain: true } ? AuthorityFile.WithoutTls
            : null;
        return reader.Accept(path, wrong, reader.Node(Field)!, Field);
    }

    private void RejectWithoutRedis(FieldReader reader)
    {
        foreach (Field field in reader.Mapping.Fields.Where(field => field.Name != "maxKeys" && Table.Names.Contains(field.Name)))
        {
            faults.Add(field, reader.PathOf(field.Name), "says how to use Redis, and no Redis is named. Add 'redis', or remove it.");
        }
    }

    private static string? ReadPrefix(FieldReader reader)
    {
        const string Field = "keyPrefix";
        if (reader.Text(Field) is not string prefix)
        {
            return null;
        }

        bool isPrefix = prefix.Length <= MaxPrefixLength
            && prefix.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-' or ':');
        return reader.Accept(
            prefix,
            isPrefix ? null : $"is not a prefix of keys. Use 1 to {MaxPrefixLength} characters out of A-Z a-z 0-9 _ . - and :.",
            reader.Node(Field)!,
            Field);
    }
}
