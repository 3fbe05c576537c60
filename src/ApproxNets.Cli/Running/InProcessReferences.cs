using System.Collections.Immutable;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Scripting.Hosting;

namespace ApproxNets.Cli.Running;

/// <summary>
/// Resolves <c>#r</c> in cells. A file whose name is that of an assembly of this program is that assembly: a second copy would have
/// types of its own, and a second libtorch would end the process. Other files are taken from where the cell says.
/// </summary>
internal sealed class InProcessReferences : MetadataReferenceResolver
{
    private readonly string _folder;
    private readonly InteractiveAssemblyLoader _loader;

    public InProcessReferences(string folder, InteractiveAssemblyLoader loader)
    {
        _folder = folder;
        _loader = loader;
    }

    public override bool ResolveMissingAssemblies => true;

    public override ImmutableArray<PortableExecutableReference> ResolveReference(
        string reference, string? baseFilePath, MetadataReferenceProperties properties)
    {
        if (Own(Path.GetFileNameWithoutExtension(reference)) is { } own)
        {
            return [MetadataReference.CreateFromFile(own.Location, properties)];
        }

        string path = Path.GetFullPath(reference, _folder);
        return File.Exists(path) ? [MetadataReference.CreateFromFile(path, properties)] : [];
    }

    public override PortableExecutableReference? ResolveMissingAssembly(MetadataReference definition, AssemblyIdentity referenceIdentity)
    {
        if (Own(referenceIdentity.Name) is { } own)
        {
            return MetadataReference.CreateFromFile(own.Location);
        }

        string? folder = Path.GetDirectoryName((definition as PortableExecutableReference)?.FilePath);
        string path = Path.Combine(folder ?? _folder, referenceIdentity.Name + ".dll");
        return File.Exists(path) ? MetadataReference.CreateFromFile(path) : null;
    }

    public override bool Equals(object? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

    private Assembly? Own(string name)
    {
        string beside = Path.Combine(AppContext.BaseDirectory, name + ".dll");
        if (!File.Exists(beside))
        {
            return null;
        }

        var assembly = Assembly.Load(new AssemblyName(name));
        _loader.RegisterDependency(assembly);
        return assembly;
    }
}
