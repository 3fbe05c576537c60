// Compiled twice: into the library, and on its own by RoslynCodeTaskFactory as a task of MSBuild (see ApproxNets.targets), which knows
// netstandard2.0 only.
//
// TorchSharp's libLibTorchSharp.so is linked against GCC 13.2 and asks for symbol version GLIBCXX_3.4.32, which the
// libstdc++ of Debian 12, Ubuntu 22.04 and RHEL 9 does not define. The only symbol behind that version,
// _ZSt21ios_base_library_initv, is not the target of any relocation. Marking the version requirement as weak
// (VER_FLG_WEAK in the ELF section .gnu.version_r) lets the loader accept the library.
// A copy is changed, never the package cache; a system that has the version is left alone.
#nullable disable
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
#if !NET
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;
#endif

namespace ApproxNets.Build
{
    /// <summary>Versions of symbols that an ELF library asks for and a system lacks.</summary>
    internal static class SymbolVersions
    {
        private const ushort VerFlgWeak = 2;
        private const uint ShtGnuVerneed = 0x6ffffffe;

        /// <summary>The versions that TorchSharp asks for and this system's libstdc++ does not define.</summary>
        public static string[] Missing()
        {
            string provider = FindLibStdCpp();
            byte[] available = provider == null ? new byte[0] : File.ReadAllBytes(provider);
            return new[] { "GLIBCXX_3.4.31", "GLIBCXX_3.4.32" }.Where(v => IndexOf(available, Encoding.ASCII.GetBytes(v + "\0")) < 0).ToArray();
        }

        private static string FindLibStdCpp()
        {
            string[] folders =
            {
                "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu",
                "/lib64", "/usr/lib64", "/lib", "/usr/lib",
            };
            string search = Environment.GetEnvironmentVariable("LD_LIBRARY_PATH") ?? "";
            return search.Split(new[] { ':' }, StringSplitOptions.RemoveEmptyEntries).Concat(folders)
                .Select(f => Path.Combine(f, "libstdc++.so.6")).FirstOrDefault(File.Exists);
        }

        /// <summary>Makes versions optional: sets VER_FLG_WEAK in every vernaux record of .gnu.version_r that names one of them.</summary>
        /// <returns>How many records were changed.</returns>
        /// <exception cref="InvalidDataException">The image is no ELF64 file, or cut off.</exception>
        public static int Weaken(byte[] image, IReadOnlyList<string> versions)
        {
            if (image.Length < 64 || BitConverter.ToUInt32(image, 0) != 0x464c457f || image[4] != 2 || image[5] != 1)
            {
                throw new InvalidDataException("not an ELF64 little-endian file");
            }

            long sections = (long)BitConverter.ToUInt64(image, 0x28);
            int entrySize = BitConverter.ToUInt16(image, 0x3a), count = BitConverter.ToUInt16(image, 0x3c);
            int changed = 0;
            for (int i = 0; i < count; i++)
            {
                int header = checked((int)(sections + (long)i * entrySize));
                if (BitConverter.ToUInt32(image, header + 4) != ShtGnuVerneed)
                {
                    continue;
                }

                int link = BitConverter.ToInt32(image, header + 0x28);
                int strings = (int)BitConverter.ToUInt64(image, checked((int)(sections + (long)link * entrySize)) + 0x18);
                int need = (int)BitConverter.ToUInt64(image, header + 0x18);
                for (int step = -1; step != 0; need += step)
                {
                    int aux = need + BitConverter.ToInt32(image, need + 8);
                    for (int left = BitConverter.ToUInt16(image, need + 2); left > 0; left--)
                    {
                        int name = strings + BitConverter.ToInt32(image, aux + 8);
                        string version = Encoding.ASCII.GetString(image, name, Array.IndexOf(image, (byte)0, name) - name);
                        if (versions.Contains(version) && (image[aux + 4] & VerFlgWeak) == 0)
                        {
                            image[aux + 4] |= (byte)VerFlgWeak;
                            changed++;
                        }

                        aux += BitConverter.ToInt32(image, aux + 12);
                    }

                    step = BitConverter.ToInt32(image, need + 12);
                }
            }

            return changed;
        }

        private static int IndexOf(byte[] text, byte[] pattern)
        {
            for (int i = 0; i + pattern.Length <= text.Length; i++)
            {
                int j = 0;
                while (j < pattern.Length && text[i + j] == pattern[j])
                {
                    j++;
                }

                if (j == pattern.Length)
                {
                    return i;
                }
            }

            return -1;
        }
    }

#if !NET
    /// <summary>Makes the versions that this system lacks optional in libraries of a build's output.</summary>
    public class WeakenSymbolVersions : Task
    {
        /// <summary>The ELF64 little-endian libraries to change.</summary>
        [Required]
        public string[] Libraries { get; set; }

        public override bool Execute()
        {
            string[] missing = SymbolVersions.Missing();
            foreach (string library in Libraries.Where(_ => missing.Length > 0))
            {
                try
                {
                    byte[] image = File.ReadAllBytes(library);
                    if (SymbolVersions.Weaken(image, missing) > 0)
                    {
                        // Same time stamp and size as before: the next build's incremental copy leaves the file alone.
                        // A new file, moved over the old one: a hard link into the package cache is not written through.
                        DateTime time = File.GetLastWriteTimeUtc(library);
                        string temporary = library + ".tmp";
                        File.WriteAllBytes(temporary, image);
                        File.SetLastWriteTimeUtc(temporary, time);
                        File.Delete(library);
                        File.Move(temporary, library);
                        Log.LogMessage(MessageImportance.High, "  TorchSharp: made {0} optional in {1} (the libstdc++ here lacks it)", string.Join(", ", missing), Path.GetFileName(library));
                    }
                }
                catch (InvalidDataException e)
                {
                    Log.LogError("{0}: {1}. TorchSharp needs a libstdc++ with {2} here: install GCC 13's libstdc++6 or newer.", library, e.Message, string.Join(", ", missing));
                }
            }

            return !Log.HasLoggedErrors;
        }
    }
#endif
}
