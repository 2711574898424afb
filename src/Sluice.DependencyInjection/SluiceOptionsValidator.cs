using Microsoft.Extensions.Options;

namespace Sluice.DependencyInjection;

/// <summary>Reports everything that is wrong with the options and their policies at once.</summary>
internal sealed class SluiceOptionsValidator : IValidateOptions<SluiceOptions>
{
    public ValidateOptionsResult Validate(string? name, SluiceOptions options)
    {
        ValidateOptionsResultBuilder result = new();
        if (options.MaxKeys is < InProcessStoreOptions.MaxKeysLowerBound or > InProcessStoreOptions.MaxKeysUpperBound)
        {
            result.AddError(
                $"{options.MaxKeys} is outside {InProcessStoreOptions.MaxKeysLowerBound} to {InProcessStoreOptions.MaxKeysUpperBound}.",
                nameof(options.MaxKeys));
        }

        foreach (SettingsFault fault in options.Faults)
        {
            result.AddError(fault.ToString());
        }

        return result.Build();
    }
}
