using System.CommandLine;

namespace Sluice.Gateway;

/// <summary>The options of <c>sluice run</c> for a cluster.</summary>
internal sealed class KubernetesOptions
{
    private readonly Option<bool> _isOn = new("--kubernetes")
    {
        Description = "Follow the Servers and RateLimitPolicies of a cluster. "
            + "FILE is optional, and has the settings of the gateway, such as 'auth'.",
    };

    private readonly Option<string?> _kubeconfig = new("--kubeconfig")
    {
        Description = "With --kubernetes: the kubeconfig. "
            + "When it is left out: the service account of the pod, or else the file that kubectl reads.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _namespace = new("--namespace")
    {
        Description = "With --kubernetes: the namespace to follow; all of them when it is left out.",
        HelpName = "NAME",
    };

    private readonly Option<string?> _gateway = new("--gateway")
    {
        Description = "With --kubernetes: the Gateway, in the namespace of the pod, whose settings take the place of those of FILE.",
        HelpName = "NAME",
    };

    private readonly Option<bool> _requirePolicy = new("--require-policy")
    {
        Description = "With --kubernetes: do not serve a Server before a RateLimitPolicy limits it, nor after the last one is deleted.",
    };

    /// <summary>Adds the options to a command.</summary>
    internal void AddTo(Command command)
    {
        command.Add(_isOn);
        command.Add(_kubeconfig);
        command.Add(_namespace);
        command.Add(_gateway);
        command.Add(_requirePolicy);
    }

    /// <summary>Whether one of the options is there.</summary>
    internal bool AreGiven(ParseResult parsed) =>
        parsed.GetValue(_isOn) || Kubeconfig(parsed) is not null || Namespace(parsed) is not null || Gateway(parsed) is not null
        || RequiresPolicy(parsed);

    /// <summary>Null, or what is wrong with them.</summary>
    internal string? WhyWrong(ParseResult parsed) => parsed.GetValue(_isOn)
        ? null
        : "--kubeconfig, --namespace, --gateway and --require-policy go with --kubernetes. Add it, or leave them out.";

    /// <summary>The kubeconfig; null for that of the pod, or of kubectl.</summary>
    internal string? Kubeconfig(ParseResult parsed) => parsed.GetValue(_kubeconfig);

    /// <summary>The namespace to follow; null for all.</summary>
    internal string? Namespace(ParseResult parsed) => parsed.GetValue(_namespace);

    /// <summary>The name of the Gateway of this process; null for none.</summary>
    internal string? Gateway(ParseResult parsed) => parsed.GetValue(_gateway);

    /// <summary>Whether a server that no policy limits is not served.</summary>
    internal bool RequiresPolicy(ParseResult parsed) => parsed.GetValue(_requirePolicy);
}
